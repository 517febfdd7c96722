#include "src/pipeline/outside_acts.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace retainer::pipeline {
namespace {

// Not the store's own code, because ResourceExhausted from a forge means a rate limit.
absl::Status Durable(Store& store) {
  const absl::Status durable = store.MakeDurable();
  if (durable.ok()) return durable;
  return absl::UnavailableError(
      absl::StrCat("nothing is told outside before it is on disk: ", durable.message()));
}

class GuardedForge final : public Forge {
 public:
  GuardedForge(Store& store, Forge& forge) : store_(store), forge_(forge) {}

  const std::string& name() const override { return forge_.name(); }
  absl::StatusOr<ForgeHealth> Check() override { return forge_.Check(); }
  absl::StatusOr<HookHealth> CheckHooks(const std::string& url,
                                        const std::vector<std::string>& projects) override {
    return forge_.CheckHooks(url, projects);
  }
  absl::StatusOr<AccessHealth> CheckAccess(const std::vector<std::string>& projects) override {
    return forge_.CheckAccess(projects);
  }
  absl::StatusOr<bool> SeesMembers(const RemoteTicket& at, std::string_view organization) override {
    return forge_.SeesMembers(at, organization);
  }
  absl::StatusOr<Redelivered> Redeliver(const RedeliverRequest& request) override {
    return forge_.Redeliver(request);
  }
  absl::StatusOr<LoggedDelivery> ReadDelivery(const std::string& log_id) override {
    return forge_.ReadDelivery(log_id);
  }
  absl::StatusOr<Actor> Self() override { return forge_.Self(); }
  absl::StatusOr<std::string> Permission(const RemoteTicket& at, const Actor& actor) override {
    return forge_.Permission(at, actor);
  }
  absl::StatusOr<std::string> Membership(const RemoteTicket& at, std::string_view organization,
                                         const Actor& actor) override {
    return forge_.Membership(at, organization, actor);
  }
  absl::StatusOr<std::string> PublicEmail(const RemoteTicket& at, const Actor& actor) override {
    return forge_.PublicEmail(at, actor);
  }
  absl::StatusOr<Actor> FindUser(std::string_view login) override { return forge_.FindUser(login); }
  absl::StatusOr<Backfill> ReadTicket(const RemoteTicket& at) override {
    return forge_.ReadTicket(at);
  }
  absl::StatusOr<TicketPage> ListTickets(const RemoteTicket& at,
                                         const TicketListing& listing) override {
    return forge_.ListTickets(at, listing);
  }
  absl::StatusOr<TicketKey> FindTicket(const RemoteTicket& at) override {
    return forge_.FindTicket(at);
  }
  absl::StatusOr<ProjectInfo> FindProject(std::string_view path) override {
    return forge_.FindProject(path);
  }
  absl::StatusOr<std::vector<ProjectInfo>> ListProjects() override { return forge_.ListProjects(); }
  absl::StatusOr<bool> Contains(const RemoteTicket& at, const std::string& ref,
                                const std::string& commit) override {
    return forge_.Contains(at, ref, commit);
  }
  absl::StatusOr<std::vector<RemotePurchase>> ListPurchases(const std::string& plan) override {
    return forge_.ListPurchases(plan);
  }
  absl::Time NextMutationAt(const RemoteTicket& at) const override {
    return forge_.NextMutationAt(at);
  }
  absl::StatusOr<std::vector<RemoteComment>> FindOwnComments(const RemoteTicket& at,
                                                             std::string_view marker,
                                                             absl::Time since) override {
    return forge_.FindOwnComments(at, marker, since);
  }
  absl::StatusOr<bool> CanAssign(const RemoteTicket& at, const std::string& login) override {
    return forge_.CanAssign(at, login);
  }

  absl::StatusOr<RemoteComment> CreateComment(const RemoteTicket& at,
                                              const std::string& body) override {
    if (absl::Status durable = Durable(store_); !durable.ok()) return durable;
    return forge_.CreateComment(at, body);
  }
  absl::Status UpdateComment(const RemoteTicket& at, const std::string& comment_id,
                             const std::string& body) override {
    if (absl::Status durable = Durable(store_); !durable.ok()) return durable;
    return forge_.UpdateComment(at, comment_id, body);
  }
  absl::Status DeleteComment(const RemoteTicket& at, const std::string& comment_id) override {
    if (absl::Status durable = Durable(store_); !durable.ok()) return durable;
    return forge_.DeleteComment(at, comment_id);
  }
  absl::Status EnsureLabel(const RemoteTicket& at, const FaceLabel& label) override {
    if (absl::Status durable = Durable(store_); !durable.ok()) return durable;
    return forge_.EnsureLabel(at, label);
  }
  absl::Status AddLabels(const RemoteTicket& at, const std::vector<std::string>& labels) override {
    if (absl::Status durable = Durable(store_); !durable.ok()) return durable;
    return forge_.AddLabels(at, labels);
  }
  absl::Status RemoveLabel(const RemoteTicket& at, const std::string& label) override {
    if (absl::Status durable = Durable(store_); !durable.ok()) return durable;
    return forge_.RemoveLabel(at, label);
  }
  absl::Status AddAssignees(const RemoteTicket& at,
                            const std::vector<std::string>& logins) override {
    if (absl::Status durable = Durable(store_); !durable.ok()) return durable;
    return forge_.AddAssignees(at, logins);
  }
  absl::StatusOr<std::string> SetReaction(const RemoteTicket& at,
                                          const FaceReaction& reaction) override {
    if (absl::Status durable = Durable(store_); !durable.ok()) return durable;
    return forge_.SetReaction(at, reaction);
  }
  absl::Status RemoveReaction(const RemoteTicket& at, const std::string& object,
                              const std::string& id) override {
    if (absl::Status durable = Durable(store_); !durable.ok()) return durable;
    return forge_.RemoveReaction(at, object, id);
  }
  absl::StatusOr<std::string> SetCheck(const RemoteTicket& at, const RemoteCheck& check,
                                       const std::string& id) override {
    if (absl::Status durable = Durable(store_); !durable.ok()) return durable;
    return forge_.SetCheck(at, check, id);
  }
  absl::Status SetStatus(const RemoteTicket& at, const CommitStatus& status) override {
    if (absl::Status durable = Durable(store_); !durable.ok()) return durable;
    return forge_.SetStatus(at, status);
  }

 private:
  Store& store_;
  Forge& forge_;
};

class GuardedSink final : public NoticeSink {
 public:
  GuardedSink(Store& store, NoticeSink& sink) : store_(store), sink_(sink) {}

  const std::string& name() const override { return sink_.name(); }
  bool takes_private() const override { return sink_.takes_private(); }
  bool Wants(NoticeKind kind) const override { return sink_.Wants(kind); }
  bool WantsDigest() const override { return sink_.WantsDigest(); }
  absl::Status Tell(const Notice& notice) override {
    if (absl::Status durable = Durable(store_); !durable.ok()) return durable;
    return sink_.Tell(notice);
  }
  absl::Status TellTogether(const std::vector<Notice>& notices) override {
    if (absl::Status durable = Durable(store_); !durable.ok()) return durable;
    return sink_.TellTogether(notices);
  }

 private:
  Store& store_;
  NoticeSink& sink_;
};

// A GuardedSink that owns what it guards.
class OwningGuardedSink final : public NoticeSink {
 public:
  OwningGuardedSink(Store& store, std::shared_ptr<NoticeSink> sink)
      : owned_(std::move(sink)), guarded_(store, *owned_) {}

  const std::string& name() const override { return guarded_.name(); }
  bool takes_private() const override { return guarded_.takes_private(); }
  bool Wants(NoticeKind kind) const override { return guarded_.Wants(kind); }
  bool WantsDigest() const override { return guarded_.WantsDigest(); }
  absl::Status Tell(const Notice& notice) override { return guarded_.Tell(notice); }
  absl::Status TellTogether(const std::vector<Notice>& notices) override {
    return guarded_.TellTogether(notices);
  }

 private:
  const std::shared_ptr<NoticeSink> owned_;
  GuardedSink guarded_;
};

}  // namespace

std::shared_ptr<NoticeSink> OutsideActs::Guard(std::shared_ptr<NoticeSink> sink) const {
  return std::make_shared<OwningGuardedSink>(store_, std::move(sink));
}

std::vector<ForgeSlot> OutsideActs::Guard(std::vector<ForgeSlot> forges) {
  for (ForgeSlot& slot : forges) {
    if (slot.client == nullptr) continue;
    forges_.push_back(std::make_unique<GuardedForge>(store_, *slot.client));
    slot.client = forges_.back().get();
  }
  return forges;
}

std::vector<NoticeSink*> OutsideActs::Guard(const std::vector<NoticeSink*>& sinks) {
  std::vector<NoticeSink*> guarded;
  for (NoticeSink* sink : sinks) {
    sinks_.push_back(std::make_unique<GuardedSink>(store_, *sink));
    guarded.push_back(sinks_.back().get());
  }
  return guarded;
}

}  // namespace retainer::pipeline
