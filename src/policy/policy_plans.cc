#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "retainer/names.h"
#include "src/policy/duration.h"
#include "src/policy/policy_keys.h"
#include "src/policy/policy_sections.h"

namespace retainer::policy {
namespace {

constexpr std::size_t kMostPriorities = 100;

// `calendars` are those that count the target. Empty when unknown; then `d` and `w` are not
// checked.
std::optional<WrittenTarget> ReadWritten(const YamlNode& node,
                                         const std::vector<std::string>& calendars,
                                         PolicyDraft* draft) {
  absl::StatusOr<WrittenTarget> written = ParseTarget(node.scalar);
  if (!written.ok()) {
    draft->reader.Error(node, "not a duration",
                        "write e.g. 90s, 15m, 1h30m, 2bd, or 5d and 1w if every calendar is always "
                        "open; more than zero and at most ten years");
    return std::nullopt;
  }
  if (written->uses_days) {
    for (const std::string& name : calendars) {
      if (draft->always_open.contains(name)) continue;
      draft->reader.Error(
          node,
          absl::StrCat("\"", node.scalar, "\" counts whole days, but calendar \"", name,
                       "\" closes"),
          "write business days (bd) or hours (h), or use calendars that are always open");
      return std::nullopt;
    }
  }
  return *std::move(written);
}

const Priority* FindPriority(const PolicyDraft& draft, const std::string& name) {
  for (const Priority& priority : draft.policy.priorities) {
    if (priority.name == name) return &priority;
  }
  return nullptr;
}

std::vector<std::string_view> PriorityNames(const PolicyDraft& draft) {
  std::vector<std::string_view> names;
  for (const Priority& priority : draft.policy.priorities) names.push_back(priority.name);
  return names;
}

class PlanReader {
 public:
  PlanReader(const YamlNode& key, const YamlNode& node, Plan* plan, PolicyDraft* draft)
      : key_(key), node_(node), plan_(*plan), draft_(*draft), reader_(draft->reader) {}

  void Read() {
    if (!reader_.Map(node_, "a plan", policy_keys::Plan())) return;
    if (const YamlNode* calendars = node_.Find("calendars")) {
      plan_.calendars = ReadCalendarNames(*calendars, &draft_);
    }
    if (const YamlNode* kind = node_.Find("kind")) {
      if (kind->scalar == "target") {
        plan_.kind = PromiseKind::kTarget;
      } else if (kind->scalar != "commitment") {
        reader_.Error(*kind, "unknown kind of promise", "write commitment or target");
      }
    }
    if (const YamlNode* covers = node_.Find("covers")) ReadCovers(*covers);
    if (const YamlNode* starts = node_.Find("starts")) {
      if (starts->scalar == "opened") {
        plan_.starts = ClockStart::kOpened;
      } else if (starts->scalar != "verified") {
        reader_.Error(*starts, "unknown start of the clocks", "write opened or verified");
      }
    }
    if (const YamlNode* contacts = node_.Find("contacts")) ReadContactLimit(*contacts);
    if (const YamlNode* promises = node_.Find("promises")) {
      ReadPromises(*promises);
    } else {
      reader_.Error(key_, absl::StrCat("plan \"", plan_.name, "\" promises nothing"),
                    "write e.g. promises: {P1: {first_response: 1h}}");
    }
    ReadDefaultPriority();
    if (const YamlNode* allowance = node_.Find("allowance")) ReadAllowance(*allowance);
    if (const YamlNode* at_risk = node_.Find("at_risk")) {
      if (at_risk->scalar == "100%") {
        reader_.Error(*at_risk, "at_risk of 100% is the breach itself", "write less than 100%");
      } else if (const auto share = reader_.Percent(*at_risk, "at_risk", 100)) {
        plan_.at_risk = *share;
      }
    }
    if (const YamlNode* warn = node_.Find("warn_at")) {
      for (const YamlNode& item : reader_.List(*warn, "warn_at")) {
        if (const auto share = reader_.Percent(item, "a warning", 100)) {
          plan_.warn_at.push_back(*share);
        }
      }
      std::sort(plan_.warn_at.begin(), plan_.warn_at.end());
      plan_.warn_at.erase(std::unique(plan_.warn_at.begin(), plan_.warn_at.end()),
                          plan_.warn_at.end());
    }
    if (const YamlNode* notify = node_.Find("notify")) {
      if (notify->scalar == "always") {
        plan_.notify = NotifyHours::kAlways;
      } else if (notify->scalar != "opening_hours") {
        reader_.Error(*notify, "unknown hours to notify in", "write opening_hours or always");
      }
    }
    if (const YamlNode* offer = node_.Find("github_sponsors")) ReadSponsors(*offer);
    if (const YamlNode* offer = node_.Find("github_marketplace")) ReadMarketplace(*offer);
    if (const YamlNode* levels = node_.Find("escalation")) {
      for (const YamlNode& item : reader_.List(*levels, "escalation")) ReadEscalation(item);
    }
  }

 private:
  void ReadCovers(const YamlNode& node) {
    plan_.covers_issues = false;
    for (const YamlNode& item : reader_.List(node, "covers")) {
      if (item.scalar == "issue") {
        plan_.covers_issues = true;
      } else if (item.scalar == "change") {
        plan_.covers_changes = true;
      } else {
        reader_.Error(item, "a plan covers issues and changes", "write issue or change");
      }
    }
    if (node.IsSequence() && node.items.empty()) {
      reader_.Error(node, "a plan that covers nothing", "write covers: [issue]");
    }
  }

  void ReadContactLimit(const YamlNode& node) {
    if (!reader_.Map(node, "the limit of contacts", policy_keys::ContactLimit())) return;
    const YamlNode* max = node.Find("max");
    if (max == nullptr) return reader_.Error(node, "no limit", "write contacts: {max: 10}");
    plan_.most_contacts = reader_.Count(*max, "max", 1, 100000);
  }

  void ReadSponsors(const YamlNode& node) {
    if (!reader_.Map(node, "what sponsors get", policy_keys::GitHubSponsors())) return;
    SponsorsOffer offer;
    const YamlNode* sponsorable = node.Find("sponsorable");
    const YamlNode* least = node.Find("min_monthly");
    if (sponsorable == nullptr || least == nullptr) {
      return reader_.Error(node, "whom and with how much they sponsor is missing",
                           "write e.g. {sponsorable: acme, min_monthly: 100}");
    }
    const auto login = reader_.Name(*sponsorable, "the sponsored account");
    // GitHub's highest tier.
    const auto dollars = reader_.Count(*least, "min_monthly", 1, 12000);
    if (const YamlNode* once = node.Find("one_time")) {
      offer.one_time_days = ReadDays(*once, &reader_).value_or(0);
    }
    if (!login || !dollars) return;
    offer.sponsorable = *login;
    offer.min_monthly = *dollars;
    plan_.github_sponsors = std::move(offer);
  }

  void ReadMarketplace(const YamlNode& node) {
    if (!reader_.Map(node, "a plan on GitHub Marketplace", policy_keys::GitHubMarketplace())) {
      return;
    }
    const YamlNode* id = node.Find("plan_id");
    if (id == nullptr) return reader_.Error(node, "no plan", "write e.g. {plan_id: 4711}");
    if (const auto number = reader_.Count(*id, "plan_id", 1, 2'000'000'000)) {
      plan_.github_marketplace = absl::StrCat(*number);
    }
  }

  // Limits by priority; `tickets` limits all priorities together.
  void ReadAllowance(const YamlNode& node) {
    if (!reader_.NamedMap(node, "allowance")) return;
    for (std::size_t i = 0; i < node.keys.size(); ++i) {
      const std::string& name = node.keys[i].scalar;
      if (name == "tickets") {
        plan_.allowance.tickets = ReadTicketLimit(node.keys[i], node.values[i]);
        continue;
      }
      if (!plan_.promises.contains(name)) {
        std::vector<std::string_view> names = NamesOf(plan_.promises);
        names.push_back("tickets");
        reader_.Error(
            node.keys[i],
            absl::StrCat("plan \"", plan_.name, "\" has no priority \"", name.substr(0, 60), "\""),
            DidYouMean(name, names));
        continue;
      }
      plan_.allowance.priorities[name] = ReadTicketLimit(node.keys[i], node.values[i]);
    }
  }

  TicketLimit ReadTicketLimit(const YamlNode& key, const YamlNode& node) {
    TicketLimit limit;
    if (!reader_.Map(node, "a limit of tickets", policy_keys::TicketLimit())) return limit;
    constexpr int kMost = 1000;
    if (const YamlNode* open = node.Find("open")) {
      limit.open = reader_.Count(*open, "open", 0, kMost);
    }
    if (const YamlNode* month = node.Find("per_month")) {
      limit.per_month = reader_.Count(*month, "per_month", 0, kMost);
    }
    if (node.keys.empty()) reader_.Error(key, "no limit", "write e.g. {open: 2, per_month: 4}");
    return limit;
  }

  void ReadPromises(const YamlNode& node) {
    if (!reader_.NamedMap(node, "promises")) return;
    if (node.keys.empty()) {
      reader_.Error(node, absl::StrCat("plan \"", plan_.name, "\" promises nothing"),
                    "write e.g. P1: {first_response: 1h}");
    }
    for (std::size_t i = 0; i < node.keys.size(); ++i) {
      const std::string& priority = node.keys[i].scalar;
      if (FindPriority(draft_, priority) == nullptr) {
        reader_.Error(node.keys[i],
                      absl::StrCat("priority \"", priority.substr(0, 60), "\" is not defined"),
                      DidYouMean(priority, PriorityNames(draft_)));
      }
      ReadPriority(node.keys[i], node.values[i]);
    }
  }

  void ReadPriority(const YamlNode& key, const YamlNode& node) {
    PlanPromises& promises = plan_.promises[key.scalar];
    if (!reader_.Map(node, "the promises of a priority", policy_keys::Promises())) return;
    bool own = false;
    if (const YamlNode* calendars = node.Find("calendars")) {
      own = true;
      promises.calendars = ReadCalendarNames(*calendars, &draft_);
    }
    if (!own && node_.Find("calendars") == nullptr && !std::exchange(no_calendar_, true)) {
      reader_.Error(key,
                    absl::StrCat("no calendar counts the promises of \"", plan_.name, "\" for \"",
                                 key.scalar, "\""),
                    "name calendars in the plan or here");
    }
    const std::vector<std::string>& calendars = own ? promises.calendars : plan_.calendars;
    std::size_t metrics = 0;
    for (std::size_t i = 0; i < node.keys.size(); ++i) {
      const std::optional<Metric> metric = ParseMetric(node.keys[i].scalar);
      if (!metric) continue;
      ++metrics;
      const auto written = ReadWritten(node.values[i], calendars, &draft_);
      if (!written) continue;
      if (written->uses_days) draft_.plans_with_days.insert(plan_.name);
      promises.targets[*metric] = written->target;
      draft_.places.targets[{plan_.name, key.scalar, *metric}] = reader_.PlaceOf(node.values[i]);
    }
    if (metrics == 0) {
      reader_.Error(key,
                    absl::StrCat("plan \"", plan_.name, "\" can give \"", key.scalar,
                                 "\" but promises nothing for it"),
                    "add a promise, e.g. first_response: 4h, or take the priority out");
    }
  }

  void ReadDefaultPriority() {
    const YamlNode* node = node_.Find("default_priority");
    if (node != nullptr) {
      const std::optional<std::string> name = reader_.Text(*node, "default_priority");
      if (!name) return;
      plan_.default_priority = *name;
      if (plan_.promises.contains(*name)) return;
      std::vector<std::string_view> names = NamesOf(plan_.promises);
      reader_.Error(*node,
                    absl::StrCat("plan \"", plan_.name, "\" gives priority \"", name->substr(0, 60),
                                 "\" by default but does not serve it"),
                    DidYouMean(*name, names));
      return;
    }
    // The default is the lowest priority that the plan covers.
    for (const Priority& priority : draft_.policy.priorities) {
      if (plan_.promises.contains(priority.name)) plan_.default_priority = priority.name;
    }
  }

  void ReadEscalation(const YamlNode& node) {
    if (!reader_.Map(node, "an escalation", policy_keys::Escalation())) return;
    EscalationLevel level;
    if (const YamlNode* at = node.Find("at")) {
      level.at = reader_.Percent(*at, "the share at which to escalate", 1000).value_or(1);
    } else {
      reader_.Error(node, "an escalation without `at`", "write e.g. at: 100%");
    }
    if (const YamlNode* metric = node.Find("metric")) {
      level.metric = ParseMetric(metric->scalar);
      if (!level.metric) {
        reader_.Error(*metric, "unknown metric",
                      DidYouMean(metric->scalar, policy_keys::Metrics()));
      } else if (std::none_of(plan_.promises.begin(), plan_.promises.end(), [&](const auto& p) {
                   return p.second.targets.contains(*level.metric);
                 })) {
        reader_.Error(*metric,
                      absl::StrCat("plan \"", plan_.name, "\" promises no ", metric->scalar),
                      "escalate a metric that it promises");
      }
    }
    if (const YamlNode* notify = node.Find("notify")) {
      for (const YamlNode& item : reader_.List(*notify, "notify")) ReadNotified(item, &level);
    }
    if (level.notify.empty() &&
        (node.Find("notify") == nullptr || node.Find("notify")->items.empty())) {
      reader_.Error(node, "an escalation without teams", "write notify: [TEAM]");
    }
    if (const YamlNode* mention = node.Find("mention")) ReadMention(*mention, &level);
    plan_.escalation.push_back(std::move(level));
  }

  void ReadMention(const YamlNode& node, EscalationLevel* level) {
    const std::optional<bool> mention = reader_.Bool(node, "mention");
    if (!mention) return;
    level->mention = *mention;
    const bool nobody = std::all_of(
        level->notify.begin(), level->notify.end(),
        [&](const std::string& team) { return draft_.policy.teams.at(team).members.empty(); });
    if (*mention && !level->notify.empty() && nobody) {
      reader_.Error(node, "a mention of teams without members", "give one of the teams members");
    }
  }

  void ReadNotified(const YamlNode& node, EscalationLevel* level) {
    const std::optional<std::string> name = reader_.Text(node, "a team's name");
    if (!name) return;
    const auto team = draft_.policy.teams.find(*name);
    if (team == draft_.policy.teams.end()) {
      reader_.Error(node, absl::StrCat("team \"", name->substr(0, 60), "\" is not defined"),
                    DidYouMean(*name, NamesOf(draft_.policy.teams)));
    } else if (team->second.members.empty() && team->second.sinks.empty()) {
      reader_.Error(node, absl::StrCat("team \"", *name, "\" has neither people nor sinks to tell"),
                    "give the team members or sinks");
    } else {
      level->notify.push_back(*name);
    }
  }

  const YamlNode& key_;
  const YamlNode& node_;
  Plan& plan_;
  bool no_calendar_ = false;  // the problem is reported once per plan
  PolicyDraft& draft_;
  Reader& reader_;
};

}  // namespace

namespace {

// Who pays for one thing holds one plan.
void FindSameOffer(const YamlNode& key, const Plan& plan, PolicyDraft* draft) {
  for (const auto& [name, other] : draft->policy.plans) {
    const auto& ours = plan.github_sponsors;
    const auto& theirs = other.github_sponsors;
    const bool same_tier = ours && theirs && ours->min_monthly == theirs->min_monthly &&
                           SameName(ours->sponsorable, theirs->sponsorable);
    const bool same_plan =
        !plan.github_marketplace.empty() && plan.github_marketplace == other.github_marketplace;
    if (!same_tier && !same_plan) continue;
    draft->reader.Error(
        key,
        absl::StrCat("plans \"", name, "\" and \"", plan.name, "\" are offered for the same ",
                     same_tier ? "sponsorship" : "purchase"),
        "offer one of them, or ask different sums");
  }
}

}  // namespace

std::optional<Target> ReadTarget(const YamlNode& node, const std::vector<std::string>& calendars,
                                 PolicyDraft* draft) {
  const auto written = ReadWritten(node, calendars, draft);
  return written ? std::optional(written->target) : std::nullopt;
}

void ReadPriorities(const YamlNode& node, PolicyDraft* draft) {
  Reader& reader = draft->reader;
  for (const YamlNode& item : reader.List(node, "priorities")) {
    if (!reader.Map(item, "a priority", policy_keys::Priority())) continue;
    if (draft->policy.priorities.size() == kMostPriorities) {
      reader.Error(item, absl::StrCat("more than ", kMostPriorities, " priorities"),
                   "that is too many to tell apart; remove some");
      break;
    }
    Priority priority;
    const YamlNode* name = item.Find("name");
    if (name == nullptr) {
      reader.Error(item, "a priority without name", "write e.g. name: P1");
      continue;
    }
    const auto text = reader.Name(*name, "the name of a priority");
    if (!text) continue;
    priority.name = *text;
    draft->label_keys.emplace("priority " + *text, *name);
    if (draft->policy.PriorityRank(*text)) {
      reader.Error(*name, absl::StrCat("priority \"", *text, "\" is defined twice"),
                   "keep one (upper and lower case are the same)");
      continue;
    }
    if (const YamlNode* title = item.Find("title")) {
      priority.title = reader.Text(*title, "title").value_or("");
    }
    if (const YamlNode* when = item.Find("when")) {
      priority.when = reader.Text(*when, "when").value_or("");
    }
    draft->policy.priorities.push_back(std::move(priority));
  }
}

void ReadPlans(const YamlNode& node, PolicyDraft* draft) {
  if (!draft->reader.NamedMap(node, "plans")) return;
  for (std::size_t i = 0; i < node.keys.size(); ++i) {
    const auto name = draft->reader.Name(node.keys[i], "the name of a plan");
    if (!name || !IsNew(*name, "plan", node.keys[i], draft)) continue;
    draft->label_keys.emplace("plan " + *name, node.keys[i]);
    Plan plan;
    plan.name = *name;
    PlanReader(node.keys[i], node.values[i], &plan, draft).Read();
    FindSameOffer(node.keys[i], plan, draft);
    draft->policy.plans.emplace(*name, std::move(plan));
  }
}

void ReadCommunity(const YamlNode& node, PolicyDraft* draft) {
  Reader& reader = draft->reader;
  CommunityRules& community = draft->policy.community;
  if (!reader.Map(node, "community", policy_keys::Community())) return;
  if (const YamlNode* comment = node.Find("comment")) {
    if (comment->scalar == "neutral") {
      community.comment = CommunityComment::kNeutral;
    } else if (comment->scalar != "none") {
      reader.Error(*comment, "unknown kind of comment", "write none or neutral");
    }
  }
  if (const YamlNode* calendars = node.Find("calendars")) {
    community.calendars = ReadCalendarNames(*calendars, draft);
  }
  const YamlNode* objectives = node.Find("objectives");
  if (objectives == nullptr || !reader.Map(*objectives, "objectives", policy_keys::Metrics())) {
    return;
  }
  if (!objectives->keys.empty() && node.Find("calendars") == nullptr) {
    reader.Error(*objectives, "no calendar counts the community's objectives",
                 "name calendars beside them");
  }
  for (std::size_t i = 0; i < objectives->keys.size(); ++i) {
    const std::optional<Metric> metric = ParseMetric(objectives->keys[i].scalar);
    if (!metric) continue;
    const auto written = ReadWritten(objectives->values[i], community.calendars, draft);
    if (written) community.objectives[*metric] = written->target;
  }
}

}  // namespace retainer::policy
