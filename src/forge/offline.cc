// The forge that cannot be reached.
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "src/forge/clients.h"

namespace retainer::forge {
namespace {

class OfflineForge final : public Forge {
 public:
  explicit OfflineForge(std::string name) : name_(std::move(name)) {}

  const std::string& name() const override { return name_; }
  absl::StatusOr<ForgeHealth> Check() override { return Offline(); }
  absl::StatusOr<HookHealth> CheckHooks(const std::string&,
                                        const std::vector<std::string>&) override {
    return Offline();
  }
  absl::StatusOr<AccessHealth> CheckAccess(const std::vector<std::string>&) override {
    return Offline();
  }
  absl::StatusOr<bool> SeesMembers(const RemoteTicket&, std::string_view) override {
    return Offline();
  }
  absl::StatusOr<Redelivered> Redeliver(const RedeliverRequest&) override { return Offline(); }
  absl::StatusOr<LoggedDelivery> ReadDelivery(const std::string&) override { return Offline(); }
  absl::StatusOr<Actor> Self() override { return Offline(); }
  absl::StatusOr<std::string> Permission(const RemoteTicket&, const Actor&) override {
    return Offline();
  }
  absl::StatusOr<std::string> Membership(const RemoteTicket&, std::string_view,
                                         const Actor&) override {
    return Offline();
  }
  absl::StatusOr<std::string> PublicEmail(const RemoteTicket&, const Actor&) override {
    return Offline();
  }
  absl::StatusOr<Actor> FindUser(std::string_view) override { return Offline(); }
  absl::StatusOr<Backfill> ReadTicket(const RemoteTicket&) override { return Offline(); }
  absl::StatusOr<TicketPage> ListTickets(const RemoteTicket&, const TicketListing&) override {
    return Offline();
  }
  absl::StatusOr<TicketKey> FindTicket(const RemoteTicket&) override { return Offline(); }
  absl::StatusOr<ProjectInfo> FindProject(std::string_view) override { return Offline(); }

  absl::Time NextMutationAt(const RemoteTicket&) const override { return absl::InfiniteFuture(); }
  absl::StatusOr<RemoteComment> CreateComment(const RemoteTicket&, const std::string&) override {
    return Offline();
  }
  absl::Status UpdateComment(const RemoteTicket&, const std::string&, const std::string&) override {
    return Offline();
  }
  absl::Status DeleteComment(const RemoteTicket&, const std::string&) override { return Offline(); }
  absl::StatusOr<std::vector<RemoteComment>> FindOwnComments(const RemoteTicket&, std::string_view,
                                                             absl::Time) override {
    return Offline();
  }
  absl::Status EnsureLabel(const RemoteTicket&, const FaceLabel&) override { return Offline(); }
  absl::Status AddLabels(const RemoteTicket&, const std::vector<std::string>&) override {
    return Offline();
  }
  absl::Status RemoveLabel(const RemoteTicket&, const std::string&) override { return Offline(); }
  absl::Status AddAssignees(const RemoteTicket&, const std::vector<std::string>&) override {
    return Offline();
  }
  absl::StatusOr<bool> CanAssign(const RemoteTicket&, const std::string&) override {
    return Offline();
  }
  absl::StatusOr<std::string> SetReaction(const RemoteTicket&, const FaceReaction&) override {
    return Offline();
  }
  absl::Status RemoveReaction(const RemoteTicket&, const std::string&,
                              const std::string&) override {
    return Offline();
  }
  absl::StatusOr<std::string> SetCheck(const RemoteTicket&, const RemoteCheck&,
                                       const std::string&) override {
    return Offline();
  }
  absl::Status SetStatus(const RemoteTicket&, const CommitStatus&) override { return Offline(); }
  absl::StatusOr<std::vector<RemotePurchase>> ListPurchases(const std::string&) override {
    return Offline();
  }
  absl::StatusOr<std::vector<ProjectInfo>> ListProjects() override { return Offline(); }
  absl::StatusOr<bool> Contains(const RemoteTicket&, const std::string&,
                                const std::string&) override {
    return Offline();
  }

 private:
  absl::Status Offline() const { return absl::UnavailableError(absl::StrCat(name_, ": offline")); }

  const std::string name_;
};

}  // namespace

std::unique_ptr<Forge> MakeOfflineForge(std::string name) {
  return std::make_unique<OfflineForge>(std::move(name));
}

}  // namespace retainer::forge
