#include "src/cli/service.h"

#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "src/base/version.h"
#include "src/cli/consistency.h"
#include "src/cli/control_socket.h"
#include "src/cli/forget_operations.h"
#include "src/cli/loading.h"
#include "src/cli/policy_check_text.h"
#include "src/cli/restoring.h"
#include "src/forge/clients.h"
#include "src/sinks/otlp.h"
#include "src/sinks/sinks.h"
#include "src/store/rocksdb_store.h"
#include "templates/renderer.h"
#include "webhooks/receivers.h"

namespace retainer::cli {
namespace {

// The index of solved tickets, in the data folder.
constexpr char kSimilarName[] = "similar.sqlite";

}  // namespace

absl::StatusOr<std::unique_ptr<Service>> Service::Open(const Config& config, Clock& clock, Log& log,
                                                       Metrics& metrics, Parts parts) {
  if (absl::Status owner = CheckOwner(config.data); !owner.ok()) return owner;
  if (absl::Status whole = CheckNotRestoring(config.data); !whole.ok()) return whole;
  std::unique_ptr<Service> service(new Service(config, clock, log));

  std::map<std::string, std::string> kinds;
  std::vector<pipeline::ForgeSlot> slots;
  std::vector<const WebhookReceiver*> receivers;
  for (const ForgeConfig& forge : config.forges) {
    kinds[forge.name] = forge.kind == ForgeKind::kGitHub ? "github" : "gitlab";
    if (parts == Parts::kStore) {
      slots.push_back({forge.name, forge.kind, nullptr});
      continue;
    }
    auto receiver = webhooks::MakeReceiver(forge);
    if (!receiver.ok()) return receiver.status();
    forge::ForgeOptions forge_options;
    forge_options.metrics = &metrics;
    auto client = forge::MakeForge(forge, clock, log, forge_options);
    if (!client.ok()) return client.status();
    slots.push_back({forge.name, forge.kind, client->get()});
    receivers.push_back(receiver->get());
    service->receivers_.push_back(*std::move(receiver));
    service->forges_.push_back(*std::move(client));
  }

  store::RocksDbOptions store_options;
  store_options.log = &log;
  store_options.derived = {kSimilarName};
  auto store = store::OpenRocksDbStore(config.data, store_options);
  if (!store.ok()) return store.status();
  service->store_ = *std::move(store);
  if (absl::Status names = service->store_->RegisterForges(kinds); !names.ok()) return names;

  const auto transport = std::make_shared<const sinks::Transport>();
  std::vector<NoticeSink*> sinks;
  for (const auto& [name, sink_config] : config.sinks) {
    if (parts == Parts::kStore) break;
    auto sink = sinks::MakeSink(name, sink_config, clock, transport);
    if (!sink.ok()) return sink.status();
    sinks.push_back(sink->get());
    service->sinks_.push_back(*std::move(sink));
  }

  if (config.tracing && parts == Parts::kAll) {
    service->tracer_ =
        std::make_unique<sinks::OtlpTracer>(*config.tracing, transport, log, metrics);
  }
  if (config.policy_git) {
    service->repository_ =
        std::make_shared<PolicyRepository>(*config.policy_git, config.data, PolicyMirrorOptions());
  }
  service->renderer_ = templates::MakeRenderer();
  service->policy_project_ = FindPolicyProject(config);
  pipeline::DeskOptions options;
  if (!config.public_url.empty() && parts != Parts::kStore) {
    auto key = service->store_->LinkKey();
    if (!key.ok()) return key.status();
    const pipeline::FeedbackLinks& links = service->feedback_links_.emplace(
        *std::move(key), std::string(absl::StripSuffix(config.public_url, "/")));
    options.rate_url = [&links](const TicketKey& ticket) { return links.UrlFor(ticket); };
  }
  if (service->policy_project_) {
    options.arrives = [it = service.get()](const Delivery& delivery) {
      return it->LookAt(delivery);
    };
  }
  options.observe = config.observe;
  options.forgotten = [store = service->store_.get()] { return store->forgotten(); };
  const auto restored = service->store_->LoadRestored();
  if (!restored.ok()) return restored.status();
  options.restored = *restored;
  options.reconciler.program = base::kVersion;
  service->desk_ = std::make_unique<pipeline::Desk>(
      pipeline::DeskPorts{*service->store_, clock, log, metrics, *service->renderer_,
                          std::move(receivers), std::move(slots), std::move(sinks),
                          service->tracer_.get()},
      std::move(options));
  std::vector<std::string> names;
  for (const auto& [name, kind] : kinds) names.push_back(name);
  service->similar_ = std::make_unique<similar::Similar>(
      *service->store_, clock, log, std::move(names), absl::StrCat(config.data, "/", kSimilarName),
      [desk = service->desk_.get()] { return desk->terms(); });
  // Until the end of an erasure, some facts have a person's old names and others the new one.
  const auto whom = service->store_->ForgettingWhom();
  if (!whom.ok()) return whom.status();
  if (!whom->empty()) {
    const auto erased =
        FinishForget(*service->store_, service->similar_.get(), nullptr, IsNeverGone);
    if (!erased.ok()) return erased.status();
    log.Info("an erasure that was interrupted is done now", {{"person", *whom}});
  }
  return service;
}

Service::~Service() = default;

std::function<void()> Service::LookAt(const Delivery& delivery) {
  if (!policy_news_) return nullptr;
  for (const auto& receiver : receivers_) {
    if (receiver->forge() != delivery.forge) continue;
    const auto news = ReadPolicyNews(*policy_project_, *receiver, delivery);
    if (news) return [this, news = *news] { policy_news_(news); };
  }
  return nullptr;
}

std::function<PolicyState()> Service::ReadPolicy() {
  // These may outlast this object.
  const std::string folder = config_.policy;
  const std::shared_ptr<PolicyRepository> repository = repository_;
  auto reading = std::make_shared<PolicyReading>();
  if (repository != nullptr) {
    *reading = repository->Read();
  } else if (auto loaded = LoadPolicyFolder(folder); loaded.ok()) {
    reading->policy = *std::move(loaded);
  } else {
    reading->status = loaded.status();
  }
  return [this, reading] { return TakePolicy(*reading); };
}

PolicyState Service::TakePolicy(const PolicyReading& reading) {
  const TermsHistory before = desk_->terms();
  PolicyState state;
  state.status = reading.status;
  if (reading.status.ok()) {
    const LoadedPolicy& loaded = *reading.policy;
    for (const policy::Problem& warning : loaded.warnings) {
      state.warnings.push_back(policy::FormatProblem(warning));
    }
    for (const policy::Problem& warning : OutOfDate(loaded.policy, loaded.places, clock_.Now())) {
      state.warnings.push_back(policy::FormatProblem(warning));
    }
    state.warnings.insert(state.warnings.end(), reading.skipped.begin(), reading.skipped.end());
    state.status = store_->AppendTerms({loaded.id, clock_.Now(), loaded.files, reading.source});
    if (repository_ != nullptr && state.status.ok()) {
      repository_->SetInForce(reading.source.commit);
      repository_->SaveCurrent(clock_.Now());
    }
  }
  // After a refusal the policy in force stays, and no ticket needs to be judged again.
  if (!before.empty() && (!state.status.ok() || reading.policy->id == before.back()->id)) {
    state.id = before.back()->id;
    state.commit = before.back()->commit;
  } else {
    const PolicyState recorded = ReadRecordedTerms();
    state.status.Update(recorded.status);
    state.id = recorded.id;
    state.commit = recorded.commit;
    state.changed = before.empty() || before.back()->id != state.id;
  }
  if (repository_ != nullptr) {
    if (const auto current = repository_->LoadCurrent()) state.current = current->at;
    // Trouble of our own, such as a full disk, is no verdict on the commit.
    const bool judged = reading.of_commit && (state.status.ok() || !reading.status.ok());
    if (judged) {
      const TermsHistory written = desk_->written_terms();
      state.verdict = {
          reading.source.commit, reading.status.ok(),
          reading.status.ok()
              ? "Valid, and in force"
              : WrongInOneLine(reading, written.empty() ? nullptr : &written.back()->policy)};
    }
  }
  return state;
}

PolicyState Service::LoadRecordedPolicy() {
  PolicyState state = ReadRecordedTerms();
  if (repository_ == nullptr) return state;
  const auto current = repository_->LoadCurrent();
  repository_->SetInForce(current ? current->commit : state.commit);
  if (current) state.current = current->at;
  return state;
}

PolicyState Service::ReadRecordedTerms() {
  PolicyState state;
  auto stored = store_->LoadTerms();
  if (!stored.ok()) {
    state.status.Update(stored.status());
    return state;
  }
  TermsHistory history = CompileHistory(*stored, log_);
  if (!history.empty()) {
    state.id = history.back()->id;
    state.commit = history.back()->commit;
  }
  desk_->SetTerms(std::move(history));
  return state;
}

}  // namespace retainer::cli
