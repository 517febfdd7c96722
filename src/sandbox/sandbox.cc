#include "src/sandbox/sandbox.h"

#include <algorithm>
#include <mutex>
#include <random>
#include <utility>

#include "absl/strings/str_cat.h"
#include "src/sandbox/crypto.h"
#include "src/sandbox/message.h"
#include "src/sandbox/render.h"
#include "src/sandbox/sandbox_impl.h"

namespace retainer::sandbox {

using sandbox::Message;
using sandbox::Project;
using sandbox::Remark;
using sandbox::Ticket;
using sandbox::User;

Sandbox::Sandbox(SandboxOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}
Sandbox::~Sandbox() { Stop(); }

absl::Status Sandbox::Start() {
  return impl_->server_.Start(impl_->options_.host, impl_->options_.port);
}
void Sandbox::Stop() { impl_->server_.Stop(); }
int Sandbox::port() const { return impl_->server_.port(); }
std::string Sandbox::web_url() const { return impl_->web_url(); }
std::string Sandbox::github_api_url() const { return web_url() + "/api/v3"; }
std::string Sandbox::gitlab_api_url() const { return web_url() + "/api/v4"; }

// ---- The stage

std::int64_t Sandbox::AddUser(ForgeKind forge, const SandboxUser& user) {
  std::lock_guard lock(impl_->mutex_);
  User wanted;
  wanted.id = user.id;
  wanted.forge = forge;
  wanted.login = user.login;
  wanted.name = user.name;
  wanted.email = user.email;
  wanted.machine = user.machine;
  wanted.administrator = user.administrator;
  return impl_->world_.AddUser(wanted).id;
}

std::int64_t Sandbox::AddProject(const SandboxProject& project) {
  std::lock_guard lock(impl_->mutex_);
  const ForgeKind forge = ForgeKindOf(project.ref.forge).value_or(ForgeKind::kGitHub);
  Project& added = impl_->world_.AddProject(forge, project.ref.path, project.id);
  added.is_private = project.is_private || project.internal;
  added.internal = project.internal;
  added.installed = project.installed;
  return added.id;
}

std::int64_t Sandbox::AddOrganization(ForgeKind forge, const std::string& name, bool is_private) {
  std::lock_guard lock(impl_->mutex_);
  sandbox::Organization& organization = impl_->world_.AddOrganization(forge, name);
  organization.is_private = is_private;
  return organization.id;
}

absl::Status Sandbox::AddMember(ForgeKind forge, const std::string& organization,
                                const std::string& login, bool publicly) {
  std::lock_guard lock(impl_->mutex_);
  sandbox::Organization* known = impl_->world_.FindOrganization(forge, organization);
  const User* user = impl_->world_.FindUser(forge, std::string_view(login));
  if (known == nullptr || user == nullptr) {
    return absl::NotFoundError(
        absl::StrCat("no ", known == nullptr ? organization : login, "; add it first"));
  }
  known->members[user->id] = publicly;
  return absl::OkStatus();
}

absl::Status Sandbox::SetRole(const ProjectRef& project, const std::string& login,
                              const std::string& role) {
  std::lock_guard lock(impl_->mutex_);
  absl::StatusOr<Impl::Scene> scene = impl_->SetScene(project.forge, project.path, login);
  if (!scene.ok()) return scene.status();
  if (role == "none") {
    scene->project->roles.erase(scene->user->id);
    return absl::OkStatus();
  }
  if (sandbox::RoleRank(role) < 0) {
    return absl::InvalidArgumentError(absl::StrCat(
        "no role ", role, "; there are admin, maintain, write, triage, read and none"));
  }
  scene->project->roles[scene->user->id] = role;
  return absl::OkStatus();
}

absl::Status Sandbox::AddLabel(const ProjectRef& project, const std::string& name,
                               const std::string& color) {
  std::lock_guard lock(impl_->mutex_);
  std::optional<ForgeKind> forge = ForgeKindOf(project.forge);
  Project* known = forge ? impl_->world_.FindProject(*forge, project.path) : nullptr;
  if (known == nullptr) return absl::NotFoundError(absl::StrCat("no project ", project.path));
  impl_->world_.AddLabel(*known, nullptr, name, color, "");
  return absl::OkStatus();
}

// ---- Credentials

absl::StatusOr<SandboxApp> Sandbox::RegisterApp(const std::string& slug,
                                                const std::string& public_key_pem) {
  sandbox::KeyPair key{"", public_key_pem};
  if (public_key_pem.empty()) {
    absl::StatusOr<sandbox::KeyPair> made = sandbox::MakeRsaKey();
    if (!made.ok()) return made.status();
    key = *std::move(made);
  }
  std::lock_guard lock(impl_->mutex_);
  const sandbox::App& app = impl_->world_.RegisterApp(slug, key.public_pem);
  return SandboxApp{absl::StrCat(app.id), app.client_id, slug, slug + "[bot]", key.private_pem};
}

void Sandbox::SetAppPermissions(std::map<std::string, std::string> permissions) {
  std::lock_guard lock(impl_->mutex_);
  if (impl_->world_.app() != nullptr) impl_->world_.app()->permissions = std::move(permissions);
}

absl::StatusOr<std::string> Sandbox::CreateToken(ForgeKind forge, const std::string& login,
                                                 const std::string& scope) {
  std::lock_guard lock(impl_->mutex_);
  const User* user = impl_->world_.FindUser(forge, std::string_view(login));
  if (user == nullptr) return absl::NotFoundError(absl::StrCat("no user ", login));
  sandbox::Credential credential;
  credential.forge = forge;
  credential.user = user->id;
  credential.scope = scope;
  return impl_->world_.IssueToken(credential);
}

SandboxClient Sandbox::RegisterClient(ForgeKind forge) {
  std::lock_guard lock(impl_->mutex_);
  return impl_->oauth_.Register(forge);
}

void Sandbox::AddCallback(ForgeKind forge, const std::string& address) {
  std::lock_guard lock(impl_->mutex_);
  impl_->oauth_.AddCallback(forge, address);
}

std::size_t Sandbox::live_sign_in_tokens() const {
  std::lock_guard lock(impl_->mutex_);
  return impl_->oauth_.live_tokens();
}

void Sandbox::SetClockSkew(absl::Duration skew) {
  std::lock_guard lock(impl_->mutex_);
  impl_->world_.set_skew(skew);
}

void Sandbox::SetRateRemaining(ForgeKind forge, int remaining) {
  std::lock_guard lock(impl_->mutex_);
  impl_->world_.SetRateRemaining(forge, remaining);
}

// ---- Faults

void Sandbox::FailNext(const std::string& method, const std::string& path_prefix,
                       const Fault& fault) {
  std::lock_guard lock(impl_->mutex_);
  impl_->faults_.Add(method, path_prefix, fault);
}

void Sandbox::ClearFaults() {
  std::lock_guard lock(impl_->mutex_);
  impl_->faults_.Clear();
}

std::size_t Sandbox::faults_played() const {
  std::lock_guard lock(impl_->mutex_);
  return impl_->faults_.played();
}

void Sandbox::SetListLag(absl::Duration lag) {
  std::lock_guard lock(impl_->mutex_);
  impl_->world_.set_list_lag(lag);
}

std::vector<SandboxRequest> Sandbox::requests() const {
  std::lock_guard lock(impl_->mutex_);
  return impl_->requests_;
}

void Sandbox::ClearRequests() {
  std::lock_guard lock(impl_->mutex_);
  impl_->requests_.clear();
}

void Sandbox::Watch(Watcher watcher) {
  std::lock_guard lock(impl_->watcher_mutex_);
  impl_->watcher_ = std::move(watcher);
}

// ---- Webhooks

void Sandbox::SetHook(ForgeKind forge, const SandboxHook& hook) {
  std::lock_guard lock(impl_->mutex_);
  impl_->hooks_[forge] = hook;
  const bool has_secret = !(hook.secret + hook.token + hook.signing_token).empty();
  impl_->world_.hooks[forge] = {hook.url, has_secret, hook.alert_status, hook.disabled_until, -1};
}

std::size_t Sandbox::pending() const {
  std::lock_guard lock(impl_->mutex_);
  impl_->CatchUp();
  return impl_->outbox_.size();
}

std::vector<DeliveryResult> Sandbox::DeliverPending(const DeliverOptions& options) {
  std::vector<std::pair<std::string, SandboxDelivery>> once = impl_->Take();
  std::vector<std::pair<std::string, SandboxDelivery>> deliveries;
  for (int i = 0; i < options.times; ++i) {
    deliveries.insert(deliveries.end(), once.begin(), once.end());
  }
  if (options.shuffle) {
    std::mt19937_64 random(*options.shuffle);
    std::shuffle(deliveries.begin(), deliveries.end(), random);
  }
  std::vector<DeliveryResult> results;
  for (const auto& [url, delivery] : deliveries) {
    // The lock is free here, because the receiver may call the forge before it answers.
    sandbox::PostResult posted = url.empty() ? sandbox::PostResult{0, "no hook is set"}
                                             : sandbox::Post(url, delivery.headers, delivery.body);
    if (!url.empty()) {
      std::lock_guard lock(impl_->mutex_);
      impl_->world_.LogAttempt(*ForgeKindOf(delivery.forge), delivery, posted.status);
    }
    results.push_back({delivery.forge, delivery.id, delivery.event, delivery.action, posted.status,
                       posted.error});
  }
  return results;
}

std::vector<SandboxDelivery> Sandbox::TakePending() {
  std::vector<SandboxDelivery> out;
  for (auto& [url, delivery] : impl_->Take()) out.push_back(std::move(delivery));
  return out;
}

std::size_t Sandbox::Redeliver(const std::string& id) {
  std::lock_guard lock(impl_->mutex_);
  return impl_->Requeue(id);
}

// ---- What a reader sees

absl::StatusOr<Sandbox::Shown> Sandbox::Look(const TicketRef& ref) const {
  std::lock_guard lock(impl_->mutex_);
  impl_->CatchUp();
  std::optional<ForgeKind> forge = ForgeKindOf(ref.forge);
  Project* project = forge ? impl_->world_.FindProject(*forge, ref.path) : nullptr;
  const Ticket* ticket =
      project == nullptr ? nullptr : impl_->world_.FindTicket(*project, ref.kind, ref.number);
  if (ticket == nullptr || ticket->deleted) return Impl::NoTicket(ref);
  const auto login = [&](std::int64_t id) {
    const User* user = impl_->world_.FindUser(*forge, id);
    return user == nullptr ? std::string() : user->login;
  };
  Shown shown;
  for (const Remark& remark : ticket->remarks) {
    if (!remark.system) shown.comments.emplace_back(login(remark.author), remark.body);
  }
  shown.labels.assign(ticket->labels.begin(), ticket->labels.end());
  for (const std::int64_t id : ticket->assignees) shown.assignees.push_back(login(id));
  if (ticket->kind == TicketKind::kChange) shown.head = sandbox::HeadOf(*ticket);
  for (const sandbox::Check& check : project->checks) {
    if (check.commit == shown.head) shown.checks.push_back(check.name);
  }
  for (const sandbox::Award& award : ticket->awards) {
    std::size_t number = 0;
    for (const Remark& remark : ticket->remarks) {
      if (!remark.system) ++number;
      if (remark.id == award.remark) break;
    }
    shown.reactions.push_back(
        absl::StrCat(award.remark == 0 ? 0 : number, " ", login(award.user), " ", award.name));
  }
  std::sort(shown.labels.begin(), shown.labels.end());
  std::sort(shown.assignees.begin(), shown.assignees.end());
  std::sort(shown.reactions.begin(), shown.reactions.end());
  return shown;
}

absl::StatusOr<int> Sandbox::CommentsMade(const TicketRef& ref, const std::string& login) const {
  std::lock_guard lock(impl_->mutex_);
  impl_->CatchUp();
  std::optional<ForgeKind> forge = ForgeKindOf(ref.forge);
  Project* project = forge ? impl_->world_.FindProject(*forge, ref.path) : nullptr;
  const Ticket* ticket =
      project == nullptr ? nullptr : impl_->world_.FindTicket(*project, ref.kind, ref.number);
  const User* user = forge ? impl_->world_.FindUser(*forge, std::string_view(login)) : nullptr;
  if (ticket == nullptr || user == nullptr) return Impl::NoTicket(ref);
  const auto made = ticket->comments_made.find(user->id);
  return made == ticket->comments_made.end() ? 0 : made->second;
}

std::vector<Sandbox::Verdict> Sandbox::VerdictsOn(const ProjectRef& ref,
                                                  const std::string& commit) const {
  std::lock_guard lock(impl_->mutex_);
  std::optional<ForgeKind> forge = ForgeKindOf(ref.forge);
  const Project* project = forge ? impl_->world_.FindProject(*forge, ref.path) : nullptr;
  std::vector<Verdict> verdicts;
  if (project == nullptr) return verdicts;
  for (const sandbox::Check& check : project->checks) {
    if (check.commit != commit) continue;
    verdicts.push_back({check.name, check.verdict, check.title, check.summary});
  }
  return verdicts;
}

void Sandbox::AddMarketplacePlan(std::int64_t plan) {
  std::lock_guard lock(impl_->mutex_);
  impl_->world_.listing.plans.insert(plan);
}

std::int64_t Sandbox::Impl::PayerId(const std::string& account) {
  if (const User* user = world_.FindUser(ForgeKind::kGitHub, std::string_view(account))) {
    return user->id;
  }
  const auto* organization = world_.FindOrganization(ForgeKind::kGitHub, std::string_view(account));
  return organization == nullptr ? 0 : organization->id;
}

void Sandbox::Impl::TellPurchase(const std::string& action, std::int64_t payer,
                                 const sandbox::Purchase& purchase, absl::Time effective,
                                 const std::optional<sandbox::Purchase>& before) {
  outbox_.push_back(
      {ForgeKind::kGitHub, sandbox::MakeGuid(), "marketplace_purchase", action,
       sandbox::PurchaseBody(action, GitHub().Payer(payer), purchase, effective, before).dump()});
}

absl::Status Sandbox::Buy(const std::string& account, std::int64_t plan, bool trial) {
  std::lock_guard lock(impl_->mutex_);
  const std::int64_t payer = impl_->PayerId(account);
  sandbox::Listing& listing = impl_->world_.listing;
  if (payer == 0 || !listing.plans.contains(plan)) {
    return absl::NotFoundError(absl::StrCat("no ", payer == 0 ? account : "such plan"));
  }
  const absl::Time now = impl_->world_.Now(ForgeKind::kGitHub);
  std::optional<sandbox::Purchase> before;
  if (const auto held = listing.purchases.find(payer); held != listing.purchases.end()) {
    before = held->second;
  }
  listing.purchases[payer] = {plan, trial, now};
  impl_->TellPurchase(before ? "changed" : "purchased", payer, listing.purchases[payer], now,
                      before);
  return absl::OkStatus();
}

absl::Status Sandbox::CancelPurchase(const std::string& account, std::optional<absl::Time> at) {
  std::lock_guard lock(impl_->mutex_);
  auto& purchases = impl_->world_.listing.purchases;
  const auto held = purchases.find(impl_->PayerId(account));
  if (held == purchases.end()) return absl::NotFoundError(absl::StrCat(account, " bought nothing"));
  if (at) {
    held->second.ends = at;
    impl_->TellPurchase("pending_change", held->first, held->second, *at, held->second);
    return absl::OkStatus();
  }
  impl_->TellPurchase("cancelled", held->first, held->second, impl_->world_.Now(ForgeKind::kGitHub),
                      std::nullopt);
  purchases.erase(held);
  return absl::OkStatus();
}

void Sandbox::Announce(ForgeKind forge, const std::string& event, const std::string& body) {
  std::lock_guard lock(impl_->mutex_);
  impl_->outbox_.push_back({forge, sandbox::MakeGuid(), event, "", body});
}

absl::StatusOr<std::string> Sandbox::RenderThread(const TicketRef& ref, bool as_member) const {
  std::lock_guard lock(impl_->mutex_);
  std::optional<ForgeKind> forge = ForgeKindOf(ref.forge);
  Project* project = forge ? impl_->world_.FindProject(*forge, ref.path) : nullptr;
  Ticket* ticket =
      project == nullptr ? nullptr : impl_->world_.FindTicket(*project, ref.kind, ref.number);
  if (ticket == nullptr || ticket->deleted) return Impl::NoTicket(ref);
  return ThreadText(impl_->world_, *project, *ticket, as_member);
}

}  // namespace retainer::sandbox
