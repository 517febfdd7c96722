// A forge in memory that records every call and fails on demand.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "retainer/clock.h"
#include "retainer/forge.h"

namespace retainer {

// Thread-safe. Set the plain members before threads start.
class FakeForge final : public Forge {
 public:
  struct Comment {
    TicketKey ticket;
    std::string body;
    int edits = 0;
    absl::Time created = absl::InfinitePast();
  };

  explicit FakeForge(std::string name) : name_(std::move(name)) {}

  // Called before every call with its name (`create`, `update`, `permission` …). If the result is
  // not OK, it is the call's answer, and nothing is changed.
  // It may be set while other threads call.
  class Fault {
   public:
    using Function = std::function<absl::Status(const std::string&)>;
    Fault& operator=(Function function) {
      std::lock_guard lock(mutex_);
      function_ = std::make_shared<Function>(std::move(function));
      return *this;
    }
    absl::Status operator()(const std::string& call) const {
      std::shared_ptr<Function> function;
      {
        std::lock_guard lock(mutex_);
        function = function_;
      }
      return function != nullptr && *function ? (*function)(call) : absl::OkStatus();
    }

   private:
    mutable std::mutex mutex_;
    std::shared_ptr<Function> function_;
  };
  Fault fault;
  // Called after a change was made. If the result is not OK, it replaces the answer; the change
  // stays.
  std::function<absl::Status(const std::string&)> lost;
  // Requires `clock`: after every mutation the next is refused for `spacing`.
  const Clock* clock = nullptr;
  absl::Duration spacing = absl::ZeroDuration();
  // Requires `clock`: how long a new comment is missing from lists.
  absl::Duration list_lag = absl::ZeroDuration();
  Actor self{"900", "retainer[bot]", true};

  // ---- What is there
  void SetUser(const std::string& login, const std::string& id) {
    std::lock_guard lock(mutex_);
    users_[login] = id;
  }
  void SetPermission(const std::string& id, std::string permission) {
    std::lock_guard lock(mutex_);
    permissions_[id] = std::move(permission);
  }
  void SetMember(const std::string& id, const std::string& organization) {
    std::lock_guard lock(mutex_);
    members_.emplace(id, organization);
  }
  void SetEmail(const std::string& id, const std::string& address) {
    std::lock_guard lock(mutex_);
    emails_[id] = address;
  }
  void SetBackfill(const TicketKey& key, Backfill backfill) {
    std::lock_guard lock(mutex_);
    backfills_[key] = std::move(backfill);
    tickets_.insert(key);
  }
  // A ticket that can be found but not read.
  void SetTicket(const TicketKey& key) {
    std::lock_guard lock(mutex_);
    tickets_.insert(key);
  }
  // A project at `path`, which may be an earlier name. `now` is the present name.
  void SetProject(const std::string& path, const std::string& id, const std::string& now = "") {
    std::lock_guard lock(mutex_);
    projects_[path] = {id, now.empty() ? path : now, "", false, ""};
  }
  void SetProjectPrivate(const std::string& path, bool is_private) {
    std::lock_guard lock(mutex_);
    projects_[path].is_private = is_private;
  }
  // `private` or `internal`; else public.
  void SetVisibility(const std::string& path, const std::string& visibility) {
    std::lock_guard lock(mutex_);
    projects_[path].is_private = visibility == "private" || visibility == "internal";
    projects_[path].members_only = visibility == "private";
  }
  // A transfer moves the comments along.
  void CarryComments(const TicketKey& from, const TicketKey& to) {
    std::lock_guard lock(mutex_);
    for (auto& [id, comment] : comments_) {
      if (comment.ticket == from) comment.ticket = to;
    }
  }
  // Adds a comment that Retainer does not know of. Returns its number.
  std::string PlaceComment(const TicketKey& key, const std::string& body) {
    std::lock_guard lock(mutex_);
    const std::string id = absl::StrCat(next_comment_++);
    comments_[id] = {key, body, 0, clock == nullptr ? absl::InfinitePast() : clock->Steady()};
    return id;
  }
  void DropComment(const std::string& id) {
    std::lock_guard lock(mutex_);
    comments_.erase(id);
  }
  std::map<std::string, Comment> comments() const {
    std::lock_guard lock(mutex_);
    return comments_;
  }
  std::set<std::string> labels(const TicketKey& key) const {
    std::lock_guard lock(mutex_);
    const auto it = labels_.find(key);
    return it == labels_.end() ? std::set<std::string>() : it->second;
  }
  std::set<std::string> assignees(const TicketKey& key) const {
    std::lock_guard lock(mutex_);
    const auto it = assignees_.find(key);
    return it == assignees_.end() ? std::set<std::string>() : it->second;
  }
  // Names of the calls so far, in order.
  std::vector<std::string> calls() const {
    std::lock_guard lock(mutex_);
    return calls_;
  }
  std::size_t Count(const std::string& call) const {
    std::lock_guard lock(mutex_);
    std::size_t n = 0;
    for (const std::string& each : calls_) n += each == call;
    return n;
  }
  std::size_t mutations() const {
    std::lock_guard lock(mutex_);
    return mutations_;
  }

  // ---- Forge
  const std::string& name() const override { return name_; }
  absl::StatusOr<ForgeHealth> Check() override {
    if (auto status = Called("check"); !status.ok()) return status;
    return ForgeHealth{self, std::nullopt, std::nullopt, {}};
  }
  absl::StatusOr<HookHealth> CheckHooks(const std::string&,
                                        const std::vector<std::string>&) override {
    if (auto status = Called("check_hooks"); !status.ok()) return status;
    return HookHealth();
  }
  absl::StatusOr<AccessHealth> CheckAccess(const std::vector<std::string>&) override {
    if (auto status = Called("check_access"); !status.ok()) return status;
    return AccessHealth();
  }
  absl::StatusOr<bool> SeesMembers(const RemoteTicket&, std::string_view) override {
    if (auto status = Called("sees_members"); !status.ok()) return status;
    return true;
  }
  absl::StatusOr<Redelivered> Redeliver(const RedeliverRequest& request) override {
    if (auto status = Called("redeliver"); !status.ok()) return status;
    std::lock_guard lock(mutex_);
    redelivered_since_.push_back(request.since);
    Redelivered result;
    for (const MissedDelivery& missed : missed_) {
      if (missed.sent >= request.since && !request.settled.contains(missed.id)) {
        result.missed.push_back(missed);
      }
    }
    if (request.lost_before == absl::InfinitePast()) return result;
    result.asked = std::min(request.limit, lost_deliveries);
    lost_deliveries -= result.asked;
    return result;
  }
  absl::StatusOr<LoggedDelivery> ReadDelivery(const std::string& log_id) override {
    if (auto status = Called("read_delivery"); !status.ok()) return status;
    std::lock_guard lock(mutex_);
    const auto it = logged_.find(log_id);
    if (it == logged_.end()) return absl::NotFoundError("the log has it no more");
    return it->second;
  }
  // What the forge's log says failed; a delivery of the same id is replaced.
  void Miss(const MissedDelivery& missed) {
    std::lock_guard lock(mutex_);
    std::erase_if(missed_, [&](const MissedDelivery& each) { return each.id == missed.id; });
    missed_.push_back(missed);
  }
  // It was taken at last.
  void Unmiss(const std::string& id) {
    std::lock_guard lock(mutex_);
    std::erase_if(missed_, [&](const MissedDelivery& each) { return each.id == id; });
  }
  void KeepInLog(const std::string& log_id, LoggedDelivery logged) {
    std::lock_guard lock(mutex_);
    logged_[log_id] = std::move(logged);
  }
  std::size_t lost_deliveries = 0;  // that are in its log and not redelivered yet
  std::vector<absl::Time> redelivered_since() const {
    std::lock_guard lock(mutex_);
    return redelivered_since_;
  }
  absl::StatusOr<Actor> Self() override {
    if (auto status = Called("self"); !status.ok()) return status;
    return self;
  }
  absl::StatusOr<std::string> Permission(const RemoteTicket&, const Actor& actor) override {
    if (auto status = Called("permission"); !status.ok()) return status;
    std::lock_guard lock(mutex_);
    const auto it = permissions_.find(actor.id);
    return it == permissions_.end() ? std::string("read") : it->second;
  }
  absl::StatusOr<std::string> Membership(const RemoteTicket&, std::string_view organization,
                                         const Actor& actor) override {
    if (auto status = Called("membership"); !status.ok()) return status;
    std::lock_guard lock(mutex_);
    return members_.contains({actor.id, std::string(organization)}) ? "yes" : "no";
  }
  absl::StatusOr<std::string> PublicEmail(const RemoteTicket&, const Actor& actor) override {
    if (auto status = Called("email"); !status.ok()) return status;
    std::lock_guard lock(mutex_);
    const auto it = emails_.find(actor.id);
    return it == emails_.end() ? std::string() : it->second;
  }
  absl::StatusOr<Actor> FindUser(std::string_view login) override {
    if (auto status = Called("find_user"); !status.ok()) return status;
    std::lock_guard lock(mutex_);
    const auto it = users_.find(std::string(login));
    if (it == users_.end()) return absl::NotFoundError("no such user");
    return Actor{it->second, it->first, false};
  }
  absl::StatusOr<Backfill> ReadTicket(const RemoteTicket& at) override {
    if (auto status = Called("read_ticket"); !status.ok()) return status;
    std::lock_guard lock(mutex_);
    const auto it = backfills_.find(at.key);
    if (it == backfills_.end()) return absl::NotFoundError("no such ticket");
    return it->second;
  }
  // Lists the tickets that can be read, as in their backfills.
  absl::StatusOr<TicketPage> ListTickets(const RemoteTicket& at,
                                         const TicketListing& listing) override {
    if (auto status = Called("list_tickets"); !status.ok()) return status;
    std::lock_guard lock(mutex_);
    std::vector<ListedTicket> all;
    for (const auto& [key, backfill] : backfills_) {
      const absl::Time updated = backfill.ticket.updated_at.value_or(absl::UnixEpoch());
      if (key.project != at.key.project || key.kind != listing.kind) continue;
      if (updated < listing.since || (listing.open_only && !backfill.ticket.open)) continue;
      all.push_back({key.kind, key.number, updated});
    }
    std::sort(all.begin(), all.end(), [](const ListedTicket& a, const ListedTicket& b) {
      return std::pair(a.updated_at, a.number) < std::pair(b.updated_at, b.number);
    });
    TicketPage page;
    const std::size_t from = static_cast<std::size_t>(listing.page - 1) * list_page;
    for (std::size_t i = from; i < all.size() && i < from + list_page; ++i) {
      page.tickets.push_back(all[i]);
    }
    page.more = from + list_page < all.size();
    return page;
  }
  std::size_t list_page = kTicketPage;
  absl::StatusOr<TicketKey> FindTicket(const RemoteTicket& at) override {
    if (auto status = Called("find_ticket"); !status.ok()) return status;
    std::lock_guard lock(mutex_);
    const auto found = std::find_if(tickets_.begin(), tickets_.end(), [&](const TicketKey& key) {
      return key.forge == at.key.forge && key.project == at.key.project &&
             key.number == at.key.number;
    });
    if (found == tickets_.end()) return absl::NotFoundError("no such ticket");
    return *found;
  }
  absl::StatusOr<ProjectInfo> FindProject(std::string_view path) override {
    if (auto status = Called("find_project"); !status.ok()) return status;
    std::lock_guard lock(mutex_);
    const auto it = projects_.find(std::string(path));
    if (it == projects_.end()) return absl::NotFoundError("no such project");
    return it->second;
  }
  absl::StatusOr<std::vector<ProjectInfo>> ListProjects() override {
    if (auto status = Called("list_projects"); !status.ok()) return status;
    std::lock_guard lock(mutex_);
    std::vector<ProjectInfo> all;
    for (const auto& [path, project] : projects_) all.push_back(project);
    return all;
  }

  absl::Time NextMutationAt(const RemoteTicket&) const override {
    std::lock_guard lock(mutex_);
    return next_mutation_;
  }
  absl::StatusOr<RemoteComment> CreateComment(const RemoteTicket& at,
                                              const std::string& body) override {
    if (auto status = Mutated("create"); !status.ok()) return status;
    std::string id;
    {
      std::lock_guard lock(mutex_);
      id = absl::StrCat(next_comment_++);
      comments_[id] = {at.key, body, 0, clock == nullptr ? absl::InfinitePast() : clock->Steady()};
    }
    if (auto status = Lost("create"); !status.ok()) return status;
    return RemoteComment{id, self, body};
  }
  absl::Status UpdateComment(const RemoteTicket&, const std::string& id,
                             const std::string& body) override {
    if (auto status = Mutated("update"); !status.ok()) return status;
    std::lock_guard lock(mutex_);
    const auto it = comments_.find(id);
    if (it == comments_.end()) return absl::NotFoundError("no such comment");
    it->second.body = body;
    ++it->second.edits;
    return absl::OkStatus();
  }
  absl::Status DeleteComment(const RemoteTicket&, const std::string& id) override {
    if (auto status = Mutated("delete"); !status.ok()) return status;
    std::lock_guard lock(mutex_);
    comments_.erase(id);
    return absl::OkStatus();
  }
  absl::StatusOr<std::vector<RemoteComment>> FindOwnComments(const RemoteTicket& at,
                                                             std::string_view marker,
                                                             absl::Time) override {
    if (auto status = Called("find_comment"); !status.ok()) return status;
    std::lock_guard lock(mutex_);
    std::vector<RemoteComment> found;
    for (const auto& [id, comment] : comments_) {
      const bool listed = clock == nullptr || comment.created + list_lag <= clock->Steady();
      if (listed && comment.ticket == at.key && comment.body.find(marker) != std::string::npos) {
        found.push_back({id, self, comment.body});
      }
    }
    std::sort(found.begin(), found.end(), [](const RemoteComment& a, const RemoteComment& b) {
      return std::pair(a.id.size(), a.id) < std::pair(b.id.size(), b.id);
    });
    return found;
  }
  absl::Status EnsureLabel(const RemoteTicket&, const FaceLabel& label) override {
    if (auto status = Called("ensure_label"); !status.ok()) return status;
    return label.name.size() > 50 ? absl::InvalidArgumentError("name is too long (maximum is 50)")
                                  : absl::OkStatus();
  }
  absl::Status AddLabels(const RemoteTicket& at, const std::vector<std::string>& labels) override {
    if (auto status = Mutated("add_labels"); !status.ok()) return status;
    for (const std::string& label : labels) {
      if (label.size() > 50) return absl::InvalidArgumentError("name is too long (maximum is 50)");
    }
    {
      std::lock_guard lock(mutex_);
      labels_[at.key].insert(labels.begin(), labels.end());
    }
    return Lost("add_labels");
  }
  absl::Status RemoveLabel(const RemoteTicket& at, const std::string& label) override {
    if (auto status = Mutated("remove_label"); !status.ok()) return status;
    {
      std::lock_guard lock(mutex_);
      labels_[at.key].erase(label);
    }
    return Lost("remove_label");
  }
  void Unassign(const TicketKey& key, const std::string& login) {
    std::lock_guard lock(mutex_);
    assignees_[key].erase(login);
  }
  absl::Status AddAssignees(const RemoteTicket& at,
                            const std::vector<std::string>& logins) override {
    if (auto status = Mutated("assign"); !status.ok()) return status;
    {
      std::lock_guard lock(mutex_);
      assignees_[at.key].insert(logins.begin(), logins.end());
    }
    return Lost("assign");
  }
  absl::StatusOr<bool> CanAssign(const RemoteTicket&, const std::string& login) override {
    if (auto status = Called("can_assign"); !status.ok()) return status;
    std::lock_guard lock(mutex_);
    return !strangers_.contains(login);
  }
  absl::StatusOr<std::string> SetReaction(const RemoteTicket& at,
                                          const FaceReaction& reaction) override {
    if (auto status = Mutated("react"); !status.ok()) return status;
    std::lock_guard lock(mutex_);
    const std::string id = absl::StrCat(next_reaction_++);
    reactions_[at.key][reaction.object] = {reaction.kind, id};
    return id;
  }
  absl::Status RemoveReaction(const RemoteTicket& at, const std::string& object,
                              const std::string& id) override {
    if (auto status = Mutated("unreact"); !status.ok()) return status;
    std::lock_guard lock(mutex_);
    auto& here = reactions_[at.key];
    if (const auto it = here.find(object); it != here.end() && it->second.second == id) {
      here.erase(it);
    }
    return absl::OkStatus();
  }
  // Our reactions on a ticket: object -> `+` or `-`.
  std::map<std::string, char> reactions(const TicketKey& key) const {
    std::lock_guard lock(mutex_);
    std::map<std::string, char> shown;
    const auto it = reactions_.find(key);
    if (it == reactions_.end()) return shown;
    for (const auto& [object, reaction] : it->second) {
      shown[object] = reaction.first == FaceReaction::Kind::kDone ? '+' : '-';
    }
    return shown;
  }
  // A login that cannot be assigned.
  void SetStranger(const std::string& login) {
    std::lock_guard lock(mutex_);
    strangers_.insert(login);
  }
  absl::StatusOr<std::string> SetCheck(const RemoteTicket& at, const RemoteCheck& check,
                                       const std::string& id) override {
    if (auto status = Mutated("set_check"); !status.ok()) {
      // A person removed the check.
      std::lock_guard lock(mutex_);
      if (absl::IsNotFound(status)) gone_checks_ = checks_.size();
      return status;
    }
    std::lock_guard lock(mutex_);
    const bool same = checks_.size() > gone_checks_ && checks_.back().first == at.key &&
                      checks_.back().second.commit == check.commit;
    const bool in_place = id.empty() ? same : id == absl::StrCat(checks_.size());
    if (!in_place) checks_.emplace_back();
    checks_.back() = {at.key, check};
    const std::string made = absl::StrCat(checks_.size());
    if (auto status = lost ? lost("set_check") : absl::OkStatus(); !status.ok()) return status;
    return made;
  }
  absl::Status SetStatus(const RemoteTicket& at, const CommitStatus& status) override {
    if (auto refused = Mutated("set_status"); !refused.ok()) return refused;
    std::lock_guard lock(mutex_);
    statuses_.emplace_back(at.path, status);
    return lost ? lost("set_status") : absl::OkStatus();
  }
  // The commit statuses that were set: path of the project, status.
  std::vector<std::pair<std::string, CommitStatus>> statuses() const {
    std::lock_guard lock(mutex_);
    return statuses_;
  }
  absl::StatusOr<std::vector<RemotePurchase>> ListPurchases(const std::string& plan) override {
    if (auto status = Called("list_purchases"); !status.ok()) return status;
    std::lock_guard lock(mutex_);
    const auto it = purchases_.find(plan);
    if (it == purchases_.end()) return absl::NotFoundError("no such plan");
    return it->second;
  }
  void SetPurchases(const std::string& plan, std::vector<RemotePurchase> purchases) {
    std::lock_guard lock(mutex_);
    purchases_[plan] = std::move(purchases);
  }
  absl::StatusOr<bool> Contains(const RemoteTicket&, const std::string& ref,
                                const std::string& commit) override {
    if (auto status = Called("contains"); !status.ok()) return status;
    std::lock_guard lock(mutex_);
    const auto it = refs_.find(ref);
    if (it == refs_.end()) return absl::NotFoundError("no such ref");
    return it->second.contains(commit);
  }
  // The checks that were created, in their present state.
  std::vector<std::pair<TicketKey, RemoteCheck>> checks() const {
    std::lock_guard lock(mutex_);
    return checks_;
  }
  void SetRef(const std::string& ref, std::set<std::string> commits) {
    std::lock_guard lock(mutex_);
    refs_[ref] = std::move(commits);
  }

 private:
  absl::Status Called(const std::string& call) {
    {
      std::lock_guard lock(mutex_);
      calls_.push_back(call);
    }
    return fault(call);
  }
  absl::Status Mutated(const std::string& call) {
    if (auto status = Called(call); !status.ok()) return status;
    std::lock_guard lock(mutex_);
    ++mutations_;
    if (clock != nullptr) {
      const absl::Time now = clock->Steady();
      if (now < next_mutation_) {
        return WithRetryAfter(absl::ResourceExhaustedError("too early"), next_mutation_ - now);
      }
      next_mutation_ = now + spacing;
    }
    return absl::OkStatus();
  }
  absl::Status Lost(const std::string& call) { return lost ? lost(call) : absl::OkStatus(); }

  const std::string name_;
  mutable std::mutex mutex_;
  std::map<std::string, std::string> permissions_;
  std::set<std::pair<std::string, std::string>> members_;  // account id, organisation
  std::map<std::string, std::string> emails_;              // by account id
  std::map<TicketKey, Backfill> backfills_;
  std::set<TicketKey> tickets_;
  std::map<std::string, ProjectInfo> projects_;
  std::map<std::string, std::string> users_;  // login -> id
  std::map<std::string, Comment> comments_;
  std::map<TicketKey, std::set<std::string>> labels_;
  std::map<TicketKey, std::set<std::string>> assignees_;
  std::vector<std::pair<TicketKey, RemoteCheck>> checks_;
  std::vector<std::pair<std::string, CommitStatus>> statuses_;
  std::map<TicketKey, std::map<std::string, std::pair<FaceReaction::Kind, std::string>>> reactions_;
  std::set<std::string> strangers_;
  int next_reaction_ = 1;
  std::map<std::string, std::vector<RemotePurchase>> purchases_;  // by plan
  std::map<std::string, std::set<std::string>> refs_;             // ref -> commits in it
  std::vector<std::string> calls_;
  std::vector<absl::Time> redelivered_since_;
  std::vector<MissedDelivery> missed_;
  std::map<std::string, LoggedDelivery> logged_;
  std::size_t mutations_ = 0;
  std::size_t gone_checks_ = 0;  // how many of the first checks are gone
  int next_comment_ = 1;
  absl::Time next_mutation_ = absl::InfinitePast();
};

}  // namespace retainer
