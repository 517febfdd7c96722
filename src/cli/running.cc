#include "src/cli/running.h"

#include <condition_variable>
#include <csignal>
#include <cstdlib>
#include <mutex>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "retainer/instant_text.h"
#include "src/base/version.h"
#include "src/cli/consistency.h"
#include "src/cli/small_get.h"
#include "src/forge/sign_in_clients.h"
#include "src/pages/write_access.h"

namespace retainer::cli {
namespace {

// SIGTERM ends the service within 10 s; the rest of that is for closing connections and the store.
constexpr absl::Duration kDrain = absl::Seconds(7);
// How often trouble of a policy's repository that does not change is logged again.
constexpr absl::Duration kReportEvery = absl::Hours(1);

sigset_t OurSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, signal);
  return signals;
}

std::string Url(const std::string& host, int port) {
  return host.find(':') != std::string::npos ? absl::StrCat("http://[", host, "]:", port)
                                             : absl::StrCat("http://", host, ":", port);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Running>> Running::Start(const Config& config, Clock& clock,
                                                        Log& log, std::function<void()> after_read,
                                                        ReadConfig read_config) {
  std::unique_ptr<Running> running(new Running(config, clock, log));
  running->read_config_ = std::move(read_config);
  auto service = Service::Open(config, clock, log, running->metrics_);
  if (!service.ok()) return service.status();
  running->service_ = *std::move(service);
  // A policy in git is fetched after the start, which must not wait for the network.
  const PolicyState begin = running->service_->LoadPolicy();
  if (!config.policy_git || !begin.status.ok() || !begin.id.empty()) running->Report(begin);
  running->WatchPolicyProject(clock);
  running->reloader_ = std::make_unique<Reloader>(
      [it = running.get(), after_read = std::move(after_read)]() -> Reloader::Take {
        return [it, after_read, take = it->service_->ReadPolicy()] {
          PolicyState state = take();
          it->TakeSinks(&state);
          it->Report(state);
          if (it->checks_ != nullptr && state.verdict) it->checks_->Tell(*state.verdict);
          if (after_read) after_read();
          return state;
        };
      },
      config.policy_git ? config.policy_git->poll : absl::InfiniteDuration());
  if (config.policy_git) running->reloader_->Ask();
  running->service_->ListenForPolicyNews([it = running.get()](const PolicyNews& news) {
    if (news.proposed == 0) {
      it->reloader_->Ask();
    } else if (it->checks_ != nullptr) {
      it->checks_->Propose(news.proposed, news.author, news.head);
    }
  });

  api::ApiOptions options;
  options.listen = config.listen;
  options.metrics_listen = config.metrics_listen;
  options.trusted_proxies = config.trusted_proxies;
  if (!config.oidc.empty()) {
    running->oidc_ = std::make_unique<api::OidcVerifier>(
        config.oidc, clock, [](const std::string& url) { return SmallGet(url, {}); });
    options.oidc = running->oidc_.get();
  }
  if (absl::Status pages = running->MakePages(clock); !pages.ok()) return pages;
  options.pages = running->pages_.get();
  options.similar = &running->service_->similar();
  options.open_metrics = [metrics = &running->metrics_] { return metrics->ExposeOpen(); };
  running->api_ = std::make_unique<api::ApiServer>(
      running->service_->desk(), running->service_->store(), clock, log, running->metrics_,
      [metrics = &running->metrics_] { return metrics->Expose(); }, std::move(options));
  const auto ports = running->api_->Start();
  if (!ports.ok()) return ports.status();
  running->ports_ = *ports;

  running->operations_ = std::make_unique<Operations>(
      running->service_->desk(), running->service_->store(), clock,
      [it = running.get()] {
        it->sinks_asked_ = true;
        return it->reloader_->Reload();
      },
      JoinUrl(config), running->service_->repository(), config.public_url,
      StoreOnDisk{&running->service_->store(), config.data,
                  [it = running.get()] { return it->service_->ReadTermsAgain(); }},
      &running->service_->similar());
  running->control_ = std::make_unique<ControlServer>(
      config.data,
      [operations = running->operations_.get()](const std::string& request,
                                                const ControlServer::Gone& gone) {
        return operations->Answer(request, gone);
      },
      log, ControlServer::LongRequests{Operations::IsLong, Operations::Busy()});
  if (absl::Status control = running->control_->Start(); !control.ok()) return control;

  for (const std::string& warning : WarningsOf(config)) {
    log.Warning("configuration", {{"problem", warning}});
  }
  running->service_->desk().Start();
  running->service_->similar().Start();
  running->weekly_ =
      std::make_unique<WeeklyWatch>(running->service_->desk(), running->service_->store(), clock,
                                    log, std::string(absl::StripSuffix(config.public_url, "/")));
  running->weekly_->Start();
  log.Info("listening", {{"url", running->url()},
                         {"metrics_url", running->metrics_url()},
                         {"mode", config.observe ? "observe" : "full"},
                         {"version", base::kVersion}});
  return running;
}

Running::~Running() { Stop(); }

void Running::Reload() {
  sinks_asked_ = true;
  reloader_->Ask();
}

void Running::TakeSinks(PolicyState* state) {
  if (read_config_ == nullptr || !sinks_asked_.exchange(false)) return;
  const auto config = read_config_();
  state->sinks = config.status();
  if (config.ok()) {
    auto changes = service_->TakeSinks(config->sinks);
    state->sinks = changes.status();
    if (changes.ok()) {
      config_.sinks = config->sinks;
      state->sink_changes = *std::move(changes);
    }
  }
  for (const std::string& change : state->sink_changes) {
    log_.Info("sinks changed", {{"change", change}});
  }
  if (state->sinks.ok()) return;
  log_.Error("configuration refused; the sinks stay as they were",
             {{"problem",
               absl::StrReplaceAll(absl::string_view(state->sinks.message()), {{"\n", "; "}})}});
}

void Running::WatchPolicyProject(Clock& clock) {
  if (!service_->policy_project() || config_.observe) return;
  const PolicyProject& project = *service_->policy_project();
  for (const std::shared_ptr<Forge>& forge : service_->forges()) {
    if (forge->name() != project.forge) continue;
    checks_ = std::make_unique<PolicyChecks>(
        project, forge,
        [repository = service_->repository()](const std::string& ref) {
          return repository->ReadRef(ref);
        },
        service_->desk(), service_->store(), clock, log_,
        absl::StrCat(config_.data, "/policy.git/told"));
  }
}

absl::Status Running::MakePages(Clock& clock) {
  // Links and cookies are made for one address.
  if (config_.public_url.empty()) return absl::OkStatus();
  pages::PageContext context{service_->desk(), service_->store(), clock, log_, "", {}, {}};
  std::vector<Forge*> forges;
  for (const auto& forge : service_->forges()) forges.push_back(forge.get());
  context.write_access =
      std::make_shared<pages::WriteAccess>(service_->store(), clock, std::move(forges));
  for (const ForgeConfig& forge : config_.forges) {
    if (!forge.sign_in) continue;
    auto sign_in = forge::MakeSignIn(forge);
    if (!sign_in.ok()) return sign_in.status();
    context.sign_ins.push_back(sign_in->get());
    sign_ins_.push_back(*std::move(sign_in));
  }
  context.public_url = std::string(absl::StripSuffix(config_.public_url, "/"));
  context.feedback_links = service_->feedback_links();
  context.similar = &service_->similar();
  context.admins = config_.admins;
  pages_ = std::make_unique<pages::Pages>(std::move(context));
  return absl::OkStatus();
}

void Running::Report(const PolicyState& state) {
  std::string problem =
      absl::StrReplaceAll(absl::string_view(state.status.message()), {{"\n", "; "}});
  if (config_.policy_git) {
    metrics_.Set("retainer_policy_current_timestamp_seconds",
                 state.current ? static_cast<double>(absl::ToUnixSeconds(*state.current)) : 0, {});
    if (!problem.empty() && !state.id.empty()) {
      absl::StrAppend(&problem, "; the policy in force is stale, it was last known to be current ",
                      state.current ? absl::StrCat("at ", Rfc3339(*state.current)) : "never");
    }
  }
  service_->desk().SetPolicyTrouble(problem);
  // A repository is read every few minutes: the log has what changed, and once an hour the rest.
  const absl::Time now = clock_.Steady();
  const bool same = state.id == reported_ && problem == reported_problem_ &&
                    (state.warnings.empty() || warned_ == state.id);
  if (config_.policy_git && same && (problem.empty() || now < reported_at_ + kReportEvery)) return;
  reported_ = state.id;
  reported_problem_ = problem;
  reported_at_ = now;
  if (!state.status.ok()) {
    log_.Error(
        "policy refused",
        {{"problem", problem},
         {"in_force", state.id.empty() ? "none yet: deliveries are stored and wait" : state.id}});
    return;
  }
  if (state.commit.empty()) {
    log_.Info("policy in force", {{"version", state.id}});
  } else {
    log_.Info("policy in force", {{"version", state.id}, {"commit", state.commit}});
  }
  // Warnings are logged once per version, however often it is read.
  if (warned_ != state.id) {
    for (const std::string& warning : state.warnings) {
      log_.Warning("policy", {{"problem", warning}});
    }
    if (!state.warnings.empty()) warned_ = state.id;
  }
  const TermsHistory terms = service_->desk().terms();
  if (terms.empty()) return;
  for (const std::string& wrong : Compare(terms.back()->policy, config_).wrong) {
    log_.Warning("policy and configuration disagree", {{"problem", wrong}});
  }
}

void Running::Stop() {
  // Stopped first, so that callers on the control socket stop waiting for a read.
  if (service_ != nullptr && service_->repository() != nullptr) service_->repository()->Stop();
  reading_ = reloader_ != nullptr && !reloader_->Stop(absl::ZeroDuration());
  telling_ = checks_ != nullptr && !checks_->Stop();
  if (api_ != nullptr) api_->Stop();
  if (operations_ != nullptr) operations_->Stop();
  control_.reset();
  operations_.reset();
  if (service_ != nullptr) {
    if (weekly_ != nullptr) weekly_->Stop();
    service_->similar().Stop();
    if (absl::Status stopped = service_->desk().Stop(kDrain); !stopped.ok()) {
      log_.Warning("stopped before everything was done; the rest is on disk",
                   {{"reason", std::string(stopped.message())}});
    }
  }
  api_.reset();
  pages_.reset();
  weekly_.reset();
  service_.reset();
}

bool Running::Answers() {
  (void)service_->desk().CheckHealth();
  HostPort listen = config_.listen;
  if (listen.host == "0.0.0.0") listen.host = "127.0.0.1";
  if (listen.host == "::") listen.host = "::1";
  // Another address may not be reachable from here; the desk has answered.
  if (listen.host != "127.0.0.1" && listen.host != "::1" && listen.host != "localhost") return true;
  return SmallGet(absl::StrCat(Url(listen.host, ports_.listen), "/healthz"), {}).ok();
}

void Running::StopWithin(absl::Duration patience) {
  std::mutex mutex;
  std::condition_variable ended;
  bool done = false;
  std::thread watch([&] {
    std::unique_lock lock(mutex);
    if (ended.wait_for(lock, absl::ToChronoMilliseconds(patience), [&] { return done; })) return;
    log_.Warning("ended with calls under way; what was acknowledged is on disk");
    std::_Exit(0);
  });
  Stop();
  {
    std::lock_guard lock(mutex);
    done = true;
  }
  ended.notify_one();
  watch.join();
  if (reading_) log_.Warning("ended while the policy was being read; the next start reads it");
  if (telling_) log_.Warning("ended while the forge was being told about the policy");
  if (reading_ || telling_) std::_Exit(0);
}

std::string Running::url() const { return Url(config_.listen.host, ports_.listen); }

std::string Running::metrics_url() const {
  return Url(config_.metrics_listen.host, ports_.metrics_listen);
}

void BlockSignals() {
  const sigset_t signals = OurSignals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

int WaitForSignal() {
  const sigset_t signals = OurSignals();
  int signal = 0;
  sigwait(&signals, &signal);
  return signal;
}

std::optional<int> WaitForSignal(absl::Duration patience) {
  const sigset_t signals = OurSignals();
  const timespec wait = absl::ToTimespec(patience);
  const int signal = sigtimedwait(&signals, nullptr, &wait);
  return signal > 0 ? std::optional<int>(signal) : std::nullopt;
}

}  // namespace retainer::cli
