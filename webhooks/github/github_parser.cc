#include "webhooks/github/github_parser.h"

#include <algorithm>
#include <array>
#include <utility>

#include "absl/algorithm/container.h"
#include "retainer/names.h"
#include "webhooks/body_fields.h"
#include "webhooks/forge_time.h"
#include "webhooks/github/github_facts.h"

namespace retainer::webhooks::github {
namespace {

constexpr std::array<std::string_view, 12> kNeeded = {"issues",
                                                      "issue_comment",
                                                      "pull_request",
                                                      "pull_request_review",
                                                      "pull_request_review_comment",
                                                      "label",
                                                      "repository",
                                                      "installation",
                                                      "installation_repositories",
                                                      "push",
                                                      "marketplace_purchase",
                                                      "sponsorship"};

// The objects that tell the bodies of the different events apart.
constexpr std::array<std::string_view, 14> kSubjects = {
    "issue",      "comment",     "pull_request",         "review",    "label",  "release",
    "discussion", "sponsorship", "marketplace_purchase", "milestone", "member", "workflow_run",
    "team",       "check_run"};

// True when the body holds all of `wanted`, and no other subject except the `allowed` ones.
bool HasSubjects(Node body, std::initializer_list<std::string_view> wanted,
                 std::initializer_list<std::string_view> allowed = {}) {
  const auto in = [](std::initializer_list<std::string_view> list, std::string_view name) {
    return std::find(list.begin(), list.end(), name) != list.end();
  };
  return std::all_of(kSubjects.begin(), kSubjects.end(), [&](std::string_view subject) {
    const bool there = body[subject].is_object();
    if (in(wanted, subject)) return there;
    return !there || in(allowed, subject);
  });
}

ProjectInfo ReadProject(Node repository) {
  ProjectInfo project;
  project.id = repository["id"].id();
  project.path = PathField(repository["full_name"]);
  project.url = UrlField(repository["html_url"]);
  // Some bodies say `private` although the repository's visibility is public. Only a repository
  // that is certainly not public counts as private, because readers of a public one may be told
  // less.
  project.is_private =
      repository["private"].is_true() && repository["visibility"].text_or_empty() != "public";
  // Old versions have only `private`, which is also true for internal repositories.
  project.members_only =
      project.is_private && repository["visibility"].text_or_empty() == "private";
  project.as_of = ReadForgeTime(repository["updated_at"]);
  return project;
}

absl::StatusOr<Event> Nothing(Event event, std::string reason) {
  event.kind = EventKind::kNothing;
  event.reason = std::move(reason);
  return event;
}

absl::StatusOr<Event> ParsePush(Event event, Node body) {
  if (event.project.id.empty()) return Lacks(event.type, "repository.id");
  event.kind = EventKind::kPush;
  event.ref = body["ref"].text_or_empty();
  const std::string_view after = body["after"].text_or_empty();
  // For a deleted ref the commit is all zeros.
  if (after.find_first_not_of('0') != after.npos) event.commit = after;
  return event;
}

absl::StatusOr<Event> ParseLabel(Event event, Node body) {
  if (event.project.id.empty()) return Lacks(event.type, "repository.id");
  if (event.action != "created" && event.action != "edited" && event.action != "deleted") {
    return Nothing(std::move(event), "an action on labels that we do not know");
  }
  event.kind = EventKind::kLabel;
  event.ref = body["label"]["name"].text_or_empty();
  event.renamed_from = body["changes"]["name"]["from"].text_or_empty();
  return event;
}

absl::StatusOr<Event> ParseRepository(Event event) {
  if (event.project.id.empty()) return Lacks(event.type, "repository.id");
  if (event.project.path.empty()) return Lacks(event.type, "repository.full_name");
  constexpr std::array<std::string_view, 4> kOurs = {"renamed", "transferred", "publicized",
                                                     "privatized"};
  if (!absl::c_linear_search(kOurs, event.action)) {
    return Nothing(std::move(event), "neither name nor visibility of the project changed");
  }
  event.kind = EventKind::kProject;
  return event;
}

absl::StatusOr<Event> ParseInstallation(Event event, Node body) {
  const Node installation = body["installation"];
  const bool of_repositories = event.type == "installation_repositories";
  if (installation["id"].id().empty()) return Lacks(event.type, "installation.id");
  event.kind = EventKind::kInstallation;
  event.account = ReadActor(installation["account"]);
  const std::string_view list = !of_repositories            ? "repositories"
                                : event.action == "removed" ? "repositories_removed"
                                                            : "repositories_added";
  for (const Node repository : body[list].items()) {
    ProjectInfo project = ReadProject(repository);
    if (project.id.empty() || project.path.empty()) continue;
    project.installation_id = event.project.installation_id;
    event.projects.push_back(std::move(project));
  }
  return event;
}

absl::StatusOr<Event> ParsePurchase(Event event, const Delivery& delivery, Node body) {
  const Node purchase = body["marketplace_purchase"];
  const Node account = purchase["account"];
  event.account = ReadActor(account);
  if (event.account.id.empty()) return Lacks(event.type, "marketplace_purchase.account.id");
  Subscription said;
  said.organization = account["type"].text_or_empty() == "Organization";
  said.tier = purchase["plan"]["id"].id();
  said.trial = purchase["on_free_trial"].is_true();
  said.tier_before = body["previous_marketplace_purchase"]["plan"]["id"].id();
  const auto effective = ReadForgeTime(body["effective_date"]);
  said.effective = effective.value_or(delivery.received);
  if (event.action == "purchased") {
    said.act = SubscriptionAct::kBegan;
  } else if (event.action == "changed") {
    said.act = SubscriptionAct::kChanged;
  } else if (event.action == "cancelled") {
    said.act = SubscriptionAct::kEnded;
  } else if (event.action == "pending_change") {
    said.act = said.tier.empty() ? SubscriptionAct::kWillEnd : SubscriptionAct::kWillChange;
    if (!effective) return Lacks(event.type, "effective_date");
  } else if (event.action == "pending_change_cancelled") {
    said.act = SubscriptionAct::kStays;
  } else {
    return Nothing(std::move(event), "an action on purchases that we do not know");
  }
  const bool names_plan =
      said.act == SubscriptionAct::kBegan || said.act == SubscriptionAct::kChanged;
  if (names_plan && said.tier.empty()) return Lacks(event.type, "marketplace_purchase.plan.id");
  event.kind = EventKind::kSubscription;
  event.subscription = std::move(said);
  return event;
}

// Cents a month; never negative.
std::int64_t Price(Node tier) {
  return std::max<std::int64_t>(0, tier["monthly_price_in_cents"].integer().value_or(0));
}

absl::StatusOr<Event> ParseSponsorship(Event event, Node body) {
  const Node sponsorship = body["sponsorship"];
  const Node sponsor = sponsorship["sponsor"];
  event.account = ReadActor(sponsor);
  if (event.account.id.empty()) return Lacks(event.type, "sponsorship.sponsor.id");
  Subscription said;
  said.organization = sponsor["type"].text_or_empty() == "Organization";
  // What we do not know counts as private.
  said.is_private = sponsorship["privacy_level"].text_or_empty() != "public";
  if (said.is_private) {
    if (!said.organization) event.account.login.clear();
    event.sender.login.clear();
  }
  said.sponsorable = FoldName(sponsorship["sponsorable"]["login"].text_or_empty());
  if (said.sponsorable.empty()) return Lacks(event.type, "sponsorship.sponsorable.login");
  const auto began = ReadForgeTime(sponsorship["created_at"]);
  if (!began) return Lacks(event.type, "sponsorship.created_at");
  said.began = *began;
  said.effective = ReadForgeTime(body["effective_date"]).value_or(*began);
  said.id = sponsorship["node_id"].text_or_empty();
  const Node tier = sponsorship["tier"];
  said.tier = tier["node_id"].text_or_empty();
  said.cents = Price(tier);
  said.one_time = tier["is_one_time"].is_true();
  const Node before = body["changes"]["tier"]["from"];
  said.tier_before = before["node_id"].text_or_empty();
  said.cents_before = Price(before);
  if (event.action == "created") {
    said.act = SubscriptionAct::kBegan;
  } else if (event.action == "edited") {
    said.act = SubscriptionAct::kEdited;
    if (const auto was = body["changes"]["privacy_level"]["from"].text()) {
      said.was_private = *was != "public";
    }
  } else if (event.action == "tier_changed") {
    said.act = SubscriptionAct::kChanged;
  } else if (event.action == "pending_tier_change" || event.action == "pending_cancellation") {
    said.act = event.action == "pending_cancellation" ? SubscriptionAct::kWillEnd
                                                      : SubscriptionAct::kWillChange;
    if (!ReadForgeTime(body["effective_date"])) return Lacks(event.type, "effective_date");
  } else if (event.action == "cancelled") {
    said.act = SubscriptionAct::kEnded;
  } else {
    return Nothing(std::move(event), "an action on sponsorships that we do not know");
  }
  event.kind = EventKind::kSubscription;
  event.subscription = std::move(said);
  return event;
}

bool FitsTicketEvent(std::string_view type, Node body) {
  // In `labeled` and `milestoned` the `label` and `milestone` stand beside the ticket.
  if (type == "issues") return HasSubjects(body, {"issue"}, {"label", "milestone"});
  if (type == "issue_comment") return HasSubjects(body, {"issue", "comment"});
  if (type == "pull_request") return HasSubjects(body, {"pull_request"}, {"label", "milestone"});
  if (type == "pull_request_review") return HasSubjects(body, {"pull_request", "review"});
  return HasSubjects(body, {"pull_request", "comment"});
}

bool IsTicketEvent(std::string_view type) {
  constexpr std::array<std::string_view, 5> kTicketEvents = {"issues", "issue_comment",
                                                             "pull_request", "pull_request_review",
                                                             "pull_request_review_comment"};
  return absl::c_linear_search(kTicketEvents, type);
}

absl::StatusOr<Event> ParseTicket(Event event, const Delivery& delivery, Node body) {
  if (event.project.id.empty()) return Lacks(event.type, "repository.id");
  if (event.project.path.empty()) return Lacks(event.type, "repository.full_name");
  if (event.action.empty()) return Lacks(event.type, "action");
  return FillTicket(std::move(event), delivery, body);
}

}  // namespace

std::span<const std::string_view> NeededEvents() { return kNeeded; }

bool IsNeeded(std::string_view event) { return absl::c_linear_search(kNeeded, event); }

bool Fits(std::string_view type, Node body) {
  if (IsTicketEvent(type)) return FitsTicketEvent(type, body);
  if (type == "ping") return body["zen"].text() || body["hook_id"].integer();
  if (type == "push") return body["ref"].text() && body["after"].text();
  if (type == "label" || type == "marketplace_purchase" || type == "sponsorship") {
    return HasSubjects(body, {type});
  }
  if (type == "repository") return HasSubjects(body, {}) && body["repository"].is_object();
  if (type == "installation" || type == "installation_repositories") {
    return HasSubjects(body, {}) && !body["repository"].present() &&
           (type == "installation_repositories") == body["repositories_added"].is_array();
  }
  return true;
}

absl::StatusOr<Event> ParseEvent(const Delivery& delivery, Node body) {
  Event event;
  event.forge = delivery.forge;
  event.type = delivery.event_type;
  event.action = body["action"].text_or_empty();
  event.project = ReadProject(body["repository"]);
  event.project.installation_id = body["installation"]["id"].id();
  event.sender = ReadActor(body["sender"]);

  const std::string_view type = delivery.event_type;
  if (!Fits(type, body)) return DoesNotFit(type);
  if (IsTicketEvent(type)) return ParseTicket(std::move(event), delivery, body);
  if (type == "ping") {
    event.kind = EventKind::kPing;
    return event;
  }
  if (type == "push") return ParsePush(std::move(event), body);
  if (type == "label") return ParseLabel(std::move(event), body);
  if (type == "repository") return ParseRepository(std::move(event));
  if (type == "installation" || type == "installation_repositories") {
    return ParseInstallation(std::move(event), body);
  }
  if (type == "marketplace_purchase") return ParsePurchase(std::move(event), delivery, body);
  if (type == "sponsorship") return ParseSponsorship(std::move(event), body);
  return Nothing(std::move(event), "an event that Retainer does not use");
}

std::vector<std::string> ProjectPaths(Node body) {
  std::vector<std::string> paths;
  const auto add = [&](Node repository) {
    if (repository.is_object()) paths.push_back(PathField(repository["full_name"]));
  };
  add(body["repository"]);
  add(body["changes"]["new_repository"]);
  for (const char* list : {"repositories", "repositories_added", "repositories_removed"}) {
    for (const Node repository : body[list].items()) add(repository);
  }
  return paths;
}

std::string ProjectId(Node body) { return body["repository"]["id"].id(); }

std::string GuessEvent(Node body) {
  // GitLab's pushes and notes look the same except for this field.
  if (body["object_kind"].present()) return "";
  const auto fits = [&](std::string_view type) { return FitsTicketEvent(type, body); };
  for (std::string_view type : {"issues", "issue_comment", "pull_request", "pull_request_review",
                                "pull_request_review_comment"}) {
    if (fits(type)) return std::string(type);
  }
  if (body["zen"].text()) return "ping";
  for (std::string_view type : {"label", "marketplace_purchase", "sponsorship"}) {
    if (HasSubjects(body, {type})) return std::string(type);
  }
  if (!HasSubjects(body, {})) return "";
  if (body["ref"].text() && body["before"].text() && body["after"].text()) return "push";
  if (body["repositories_added"].is_array()) return "installation_repositories";
  const auto only = [&](std::initializer_list<std::string_view> known) {
    const auto keys = body.keys();
    return std::all_of(keys.begin(), keys.end(), [&](std::string_view key) {
      return std::find(known.begin(), known.end(), key) != known.end();
    });
  };
  if (body["installation"]["account"].is_object() &&
      only({"action", "installation", "repositories", "requester", "sender", "enterprise",
            "organization"})) {
    return "installation";
  }
  constexpr std::array<std::string_view, 9> kRepositoryActions = {
      "created", "deleted",     "archived",   "unarchived", "edited",
      "renamed", "transferred", "publicized", "privatized"};
  if (body["repository"].is_object() &&
      absl::c_linear_search(kRepositoryActions, body["action"].text_or_empty()) &&
      only({"action", "changes", "repository", "organization", "sender", "installation",
            "enterprise"})) {
    return "repository";
  }
  return "";
}

}  // namespace retainer::webhooks::github
