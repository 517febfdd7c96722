#include "retainer/policy_changes.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "calendar_changes.h"
#include "differences.h"
#include "retainer/hours.h"
#include "retainer/instant_text.h"

namespace retainer {
namespace {

using core::Differences;
using core::OnlyIn;
using core::QuotedText;

std::string Share(double fraction) { return absl::StrCat(fraction * 100, "%"); }

std::vector<std::string> Shares(const std::vector<double>& fractions) {
  std::vector<std::string> texts;
  for (const double fraction : fractions) texts.push_back(Share(fraction));
  return texts;
}

std::vector<std::string> Texts(const std::vector<ProjectRef>& projects) {
  std::vector<std::string> texts;
  for (const ProjectRef& project : projects) texts.push_back(ToString(project));
  return texts;
}

// The keys of two maps, in order.
template <typename Value>
std::set<std::string> KeysOf(const std::map<std::string, Value>& a,
                             const std::map<std::string, Value>& b) {
  std::set<std::string> keys;
  for (const auto& [key, value] : a) keys.insert(key);
  for (const auto& [key, value] : b) keys.insert(key);
  return keys;
}

template <typename Value>
const Value* Find(const std::map<std::string, Value>& map, const std::string& key) {
  const auto it = map.find(key);
  return it == map.end() ? nullptr : &it->second;
}

class PolicyDifferences {
 public:
  PolicyDifferences(const Policy& before, const Policy& after, Audience audience)
      : before_(before), after_(after), audience_(audience) {}

  std::vector<std::string> Sentences() {
    CompareCustomers();
    for (const std::string& name : KeysOf(before_.plans, after_.plans)) ComparePlan(name);
    ComparePriorities();
    for (const std::string& name : KeysOf(before_.requests, after_.requests)) CompareRequest(name);
    for (const std::string& name : KeysOf(before_.teams, after_.teams)) CompareTeam(name);
    About("bots").Members("", Logins(before_.bots), Logins(after_.bots));
    core::CompareCalendars(before_.calendars, after_.calendars, &sentences_);
    CompareLabels();
    About("projects").Members("", Texts(before_.projects), Texts(after_.projects));
    CompareCommunity();
    CompareRest();
    return std::move(sentences_);
  }

 private:
  Differences About(std::string subject) { return {std::move(subject), &sentences_}; }

  // `@bob`, or `@bob (github)` when the two policies name people of several forges.
  std::vector<std::string> Logins(const std::vector<Login>& logins) {
    std::vector<std::string> texts;
    for (const Login& login : logins) {
      texts.push_back(
          absl::StrCat("@", login.name, ForgesOfPeople() > 1 ? " (" + login.forge + ")" : ""));
    }
    return texts;
  }

  std::size_t ForgesOfPeople() {
    if (!forges_.empty()) return forges_.size();
    const auto add = [this](const std::vector<Login>& logins) {
      for (const Login& login : logins) forges_.insert(login.forge);
    };
    for (const Policy* policy : {&before_, &after_}) {
      add(policy->bots);
      for (const auto& [name, team] : policy->teams) add(team.members);
      for (const Customer& customer : policy->customers) {
        // Outsiders learn nothing of private customers, nor their forges.
        if (audience_ == Audience::kOutsiders && IsPrivate(customer.id)) continue;
        add(customer.contacts.logins);
        add(customer.contacts.organizations);
      }
    }
    return forges_.size();
  }

  // ---- Customers

  static std::map<std::string, const Customer*> ById(const Policy& policy) {
    std::map<std::string, const Customer*> customers;
    for (const Customer& customer : policy.customers) customers.emplace(customer.id, &customer);
    return customers;
  }

  bool IsPrivate(const std::string& id) const { return private_.contains(id); }

  void CompareCustomers() {
    const auto before = ById(before_);
    const auto after = ById(after_);
    std::set<std::string> ids;
    for (const auto* side : {&before, &after}) {
      for (const auto& [id, customer] : *side) {
        ids.insert(id);
        if (!customer->is_public) private_.insert(id);
      }
    }
    const auto find = [](const auto& side, const std::string& id) {
      const auto it = side.find(id);
      return it == side.end() ? nullptr : it->second;
    };
    std::size_t hidden = 0;
    for (const std::string& id : ids) {
      const std::size_t said = sentences_.size();
      CompareCustomer(id, find(before, id), find(after, id));
      if (audience_ == Audience::kTeam || !IsPrivate(id) || sentences_.size() == said) continue;
      sentences_.resize(said);
      ++hidden;
    }
    if (hidden == 0) return;
    sentences_.push_back(hidden == 1 ? "1 private customer changes"
                                     : absl::StrCat(hidden, " private customers change"));
  }

  static std::string TermText(const std::optional<Term>& term) {
    if (!term) return "without end";
    return absl::StrCat(absl::FormatCivilTime(term->from), " to ",
                        absl::FormatCivilTime(term->until));
  }

  static std::string Days(int days) { return absl::StrCat(days, days == 1 ? " day" : " days"); }

  // `plan gold, term 2026-01-01 to 2026-12-31, grace 14 days, trial`
  static std::string Text(const Entitlement& held) {
    return absl::StrCat("plan ", held.plan, ", term ", TermText(held.term),
                        held.grace_days > 0 ? ", grace " + Days(held.grace_days) : "",
                        held.trial ? ", trial" : "");
  }

  static std::vector<std::string> Held(const Customer& customer) {
    std::vector<std::string> texts;
    for (const Entitlement& held : customer.entitlements) texts.push_back(Text(held));
    return texts;
  }

  // `q1: 20h, 2026-01-01 to 2026-06-30, unit 15m, rollover 50%, over refuse`
  static std::string Text(const HoursBlock& block) {
    const char* over = block.over == OverHours::kRefuse  ? "refuse"
                       : block.over == OverHours::kAllow ? "allow"
                                                         : "overage";
    return absl::StrCat(
        block.id, ": ", WorkTimeText(block.amount), ", ", TermText(Term{block.from, block.until}),
        ", unit ", WorkTimeText(block.unit), ", rollover ", Share(block.rollover), ", over ", over);
  }

  static std::vector<std::string> Hours(const Customer& customer) {
    std::vector<std::string> texts;
    for (const HoursBlock& block : customer.hours) texts.push_back(Text(block));
    return texts;
  }

  static void CompareEntitlements(const Customer& before, const Customer& after,
                                  Differences* about) {
    if (before.entitlements.size() != 1 || after.entitlements.size() != 1) {
      return about->Members("entitlement", Held(before), Held(after));
    }
    const Entitlement& was = before.entitlements.front();
    const Entitlement& is = after.entitlements.front();
    about->Value("plan", was.plan, is.plan);
    about->Value("term", TermText(was.term), TermText(is.term));
    about->Value("grace", Days(was.grace_days), Days(is.grace_days));
    about->Value("trial", was.trial ? "yes" : "no", is.trial ? "yes" : "no");
  }

  // Ids in other systems are no matter of outsiders.
  void CompareIds(const Customer& before, const Customer& after, Differences* about) {
    const auto ids = [](const Customer& customer) {
      std::vector<std::string> texts;
      for (const auto& [system, id] : customer.crm) {
        texts.push_back(absl::StrCat(system, " ", QuotedText(id)));
      }
      return texts;
    };
    if (audience_ == Audience::kTeam) {
      about->Members("crm", ids(before), ids(after));
      return;
    }
    if (before.crm != after.crm) about->Say("ids in other systems change");
  }

  void CompareCustomer(const std::string& id, const Customer* before, const Customer* after) {
    Differences about = About(id);
    if (after == nullptr) return about.Say("removed");
    if (before == nullptr) {
      std::vector<std::string> held = Held(*after);
      for (const std::string& block : Hours(*after)) held.push_back("hours " + block);
      return about.Say(absl::StrCat("added, ", after->is_public ? "public" : "private", ", ",
                                    absl::StrJoin(held, "; ")));
    }
    CompareEntitlements(*before, *after, &about);
    about.Members("hours", Hours(*before), Hours(*after));
    CompareIds(*before, *after, &about);
    about.Value("visibility", before->is_public ? "public" : "private",
                after->is_public ? "public" : "private");
    about.Value("name", QuotedText(before->name), QuotedText(after->name));
    const auto alias = [](const Customer& customer) {
      return customer.alias.empty() ? std::string("none") : customer.alias;
    };
    about.Value("alias", alias(*before), alias(*after));
    about.Value("time_zone", before->time_zone, after->time_zone);
    about.List("calendars", before->calendars, after->calendars, "those of the plan");
    about.Members("project", Texts(before->projects), Texts(after->projects));
    CompareContacts(before->contacts, after->contacts, &about);
  }

  void CompareContacts(const Contacts& before, const Contacts& after, Differences* about) {
    if (audience_ == Audience::kTeam) {
      about->Members("contact", Logins(before.logins), Logins(after.logins));
      about->Members("organization", Logins(before.organizations), Logins(after.organizations));
      about->Members("address", before.emails, after.emails);
      return;
    }
    const auto all = [](const Contacts& contacts) {
      std::vector<std::string> texts;
      for (const Login& login : contacts.logins) texts.push_back(login.forge + ":" + login.name);
      // A login and an organization may have the same name.
      for (const Login& organization : contacts.organizations) {
        texts.push_back("of " + organization.forge + ":" + organization.name);
      }
      texts.insert(texts.end(), contacts.emails.begin(), contacts.emails.end());
      return texts;
    };
    const auto count = [&](std::size_t number, const char* what) {
      if (number > 0) {
        about->Say(absl::StrCat(number, number == 1 ? " contact " : " contacts ", what));
      }
    };
    count(OnlyIn(all(after), all(before)).size(), "added");
    count(OnlyIn(all(before), all(after)).size(), "removed");
  }

  // ---- Plans

  static std::vector<std::string> Escalations(const Plan& plan) {
    std::vector<std::string> texts;
    for (const EscalationLevel& level : plan.escalation) {
      texts.push_back(absl::StrCat("at ", Share(level.at), " of ",
                                   level.metric ? std::string(MetricName(*level.metric)) : "each",
                                   " to ", absl::StrJoin(level.notify, ", "),
                                   level.mention ? " with a mention" : ""));
    }
    return texts;
  }

  static void CompareTargets(const std::string& priority, const std::map<Metric, Target>& before,
                             const std::map<Metric, Target>& after, Differences* about) {
    for (const Metric metric : kAllMetrics) {
      const auto was = before.find(metric);
      const auto is = after.find(metric);
      const std::string name = absl::StrCat(priority, std::string(MetricName(metric)));
      if (was == before.end() && is == after.end()) continue;
      if (was == before.end()) {
        about->Say(absl::StrCat(name, " ", is->second.text, " added"));
      } else if (is == after.end()) {
        about->Say(absl::StrCat(name, " ", was->second.text, " removed"));
      } else if (was->second != is->second) {
        about->Say(absl::StrCat(name, " ", was->second.text, " -> ", is->second.text));
      }
    }
  }

  static void ComparePromises(const Plan& before, const Plan& after, Differences* about) {
    for (const std::string& priority : KeysOf(before.promises, after.promises)) {
      const PlanPromises* was = Find(before.promises, priority);
      const PlanPromises* is = Find(after.promises, priority);
      if (was == nullptr) about->Say(absl::StrCat("priority ", priority, " added"));
      if (is == nullptr) {
        about->Say(absl::StrCat("priority ", priority, " removed"));
        continue;
      }
      const PlanPromises none;
      if (was == nullptr) was = &none;
      about->List(priority + " calendars", was->calendars, is->calendars, "those of the plan");
      CompareTargets(priority + " ", was->targets, is->targets, about);
    }
  }

  void ComparePlan(const std::string& name) {
    Differences about = About("plan " + name);
    const Plan* before = Find(before_.plans, name);
    const Plan* after = Find(after_.plans, name);
    if (after == nullptr) return about.Say("removed");
    if (before == nullptr) {
      about.Say("added");
      return ComparePromises(Plan(), *after, &about);
    }
    ComparePromises(*before, *after, &about);
    about.List("calendars", before->calendars, after->calendars, "none");
    const auto kind = [](const Plan& plan) {
      return plan.kind == PromiseKind::kCommitment ? "commitment" : "target";
    };
    about.Value("kind", kind(*before), kind(*after));
    const auto covers = [](const Plan& plan) {
      std::vector<std::string> what;
      if (plan.covers_issues) what.emplace_back("issues");
      if (plan.covers_changes) what.emplace_back("changes");
      return what;
    };
    about.List("covers", covers(*before), covers(*after), "nothing");
    about.Value("default_priority", before->default_priority, after->default_priority);
    about.Value("at_risk", Share(before->at_risk), Share(after->at_risk));
    about.List("warn_at", Shares(before->warn_at), Shares(after->warn_at), "never");
    const auto hours = [](const Plan& plan) {
      return plan.notify == NotifyHours::kAlways ? "always" : "opening_hours";
    };
    about.Value("notify", hours(*before), hours(*after));
    about.Members("escalation", Escalations(*before), Escalations(*after));
    const auto starts = [](const Plan& plan) {
      return plan.starts == ClockStart::kVerified ? "verified" : "opened";
    };
    about.Value("starts", starts(*before), starts(*after));
    const auto contacts = [](const Plan& plan) {
      return plan.most_contacts ? absl::StrCat(*plan.most_contacts) : std::string("any number");
    };
    about.Value("contacts", contacts(*before), contacts(*after));
    about.Members("allowance", Limits(before->allowance), Limits(after->allowance));
    about.Value("github_sponsors", Offer(before->github_sponsors), Offer(after->github_sponsors));
    const auto bought = [](const Plan& plan) {
      return plan.github_marketplace.empty() ? "none" : "plan " + plan.github_marketplace;
    };
    about.Value("github_marketplace", bought(*before), bought(*after));
  }

  // `acme from $100 a month`
  static std::string Offer(const std::optional<SponsorsOffer>& offer) {
    if (!offer) return "none";
    return absl::StrCat(
        offer->sponsorable, " from $", offer->min_monthly, " a month",
        offer->one_time_days > 0 ? ", paid once for " + Days(offer->one_time_days) : "");
  }

  // `P1 2 open, 4 per_month`
  static std::vector<std::string> Limits(const Allowance& allowance) {
    std::vector<std::string> texts;
    const auto add = [&](const std::string& name, const TicketLimit& limit) {
      std::vector<std::string> parts;
      if (limit.open) parts.push_back(absl::StrCat(*limit.open, " open"));
      if (limit.per_month) parts.push_back(absl::StrCat(*limit.per_month, " per_month"));
      texts.push_back(absl::StrCat(name, " ", absl::StrJoin(parts, ", ")));
    };
    for (const auto& [priority, limit] : allowance.priorities) add(priority, limit);
    if (allowance.tickets != TicketLimit()) add("tickets", allowance.tickets);
    return texts;
  }

  void CompareRequest(const std::string& name) {
    Differences about = About("request " + name);
    const RequestKind* before = Find(before_.requests, name);
    const RequestKind* after = Find(after_.requests, name);
    if (after == nullptr) return about.Say("removed");
    if (before == nullptr) about.Say("added");
    const RequestKind none;
    if (before == nullptr) before = &none;
    about.Members("label", before->labels, after->labels);
    about.Value("hours", before->hours ? "yes" : "no", after->hours ? "yes" : "no");
    CompareTargets("", before->promises, after->promises, &about);
  }

  // ---- Priorities, teams, labels, the rest

  void ComparePriorities() {
    const auto names = [](const Policy& policy) {
      std::vector<std::string> all;
      for (const Priority& priority : policy.priorities) all.push_back(priority.name);
      return all;
    };
    const std::vector<std::string> before = names(before_);
    const std::vector<std::string> after = names(after_);
    About("priorities").Members("", before, after);
    for (const Priority& was : before_.priorities) {
      for (const Priority& is : after_.priorities) {
        if (is.name != was.name) continue;
        Differences about = About("priority " + is.name);
        about.Value("title", QuotedText(was.title), QuotedText(is.title));
        about.Value("when", QuotedText(was.when), QuotedText(is.when));
      }
    }
    const auto common = [](std::vector<std::string> list, const std::vector<std::string>& other) {
      std::erase_if(list, [&](const std::string& name) {
        return std::find(other.begin(), other.end(), name) == other.end();
      });
      return list;
    };
    About("priorities").List("order", common(before, after), common(after, before), "none");
  }

  void CompareTeam(const std::string& name) {
    Differences about = About("team " + name);
    const Team* before = Find(before_.teams, name);
    const Team* after = Find(after_.teams, name);
    if (after == nullptr) return about.Say("removed");
    if (before == nullptr) about.Say("added");
    const Team none;
    if (before == nullptr) before = &none;
    about.Members("", Logins(before->members), Logins(after->members));
    about.Members("label", before->labels, after->labels);
    about.Members("sink", before->sinks, after->sinks);
  }

  void CompareLabels() {
    Differences about = About("labels");
    const LabelNames& before = before_.labels;
    const LabelNames& after = after_.labels;
    about.Value("waiting", QuotedText(before.waiting), QuotedText(after.waiting));
    about.Value("workaround", QuotedText(before.workaround), QuotedText(after.workaround));
    about.Value("support", QuotedText(before.support), QuotedText(after.support));
    about.Value("priority", QuotedText(before.priority), QuotedText(after.priority));
    about.Value("state", QuotedText(before.state), QuotedText(after.state));
  }

  void CompareCommunity() {
    Differences about = About("community");
    const CommunityRules& before = before_.community;
    const CommunityRules& after = after_.community;
    const auto comment = [](const CommunityRules& rules) {
      return rules.comment == CommunityComment::kNeutral ? "neutral" : "none";
    };
    about.Value("comment", comment(before), comment(after));
    about.List("calendars", before.calendars, after.calendars, "none");
    CompareTargets("", before.objectives, after.objectives, &about);
  }

  void CompareRest() {
    const auto since = [](const Policy& policy) {
      return policy.since ? ExactRfc3339(*policy.since) : std::string("none");
    };
    About("since").Value("clocks start at", since(before_), since(after_));
    const auto bare = [](const Policy& policy) { return policy.bare_commands ? "true" : "false"; };
    About("commands").Value("bare", bare(before_), bare(after_));
    const auto checks = [](const Policy& policy) {
      switch (policy.checks) {
        case CheckMode::kOff:
          return "off";
        case CheckMode::kNeutral:
          return "neutral";
        case CheckMode::kBlocking:
          break;
      }
      return "blocking";
    };
    About("checks").Value("on changes", checks(before_), checks(after_));
    const auto badge = [](const Policy& policy) {
      return policy.public_badge ? "public" : "private";
    };
    const auto asked = [](const Policy& policy) {
      switch (policy.feedback.ask) {
        case AskFeedback::kNever:
          return "never";
        case AskFeedback::kFold:
          return "in the fold";
        case AskFeedback::kMention:
          break;
      }
      return "by a comment";
    };
    About("feedback").Value("asked", asked(before_), asked(after_));
    About("feedback")
        .Value("asked after", absl::FormatDuration(before_.feedback.after),
               absl::FormatDuration(after_.feedback.after));
    About("feedback")
        .Value("scale", absl::StrCat("1 to ", before_.feedback.scale),
               absl::StrCat("1 to ", after_.feedback.scale));
    About("badge").Value("visibility", badge(before_), badge(after_));
  }

  const Policy& before_;
  const Policy& after_;
  const Audience audience_;
  std::set<std::string> private_;  // ids of customers that are private in one of the policies
  std::set<std::string> forges_;   // of people
  std::vector<std::string> sentences_;
};

}  // namespace

std::vector<std::string> PolicyChanges(const Policy& before, const Policy& after,
                                       Audience audience) {
  return PolicyDifferences(before, after, audience).Sentences();
}

}  // namespace retainer
