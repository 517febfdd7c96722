// What customers hold: plans with their terms, and the kinds of requests.
#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "retainer/names.h"
#include "src/policy/duration.h"
#include "src/policy/policy_keys.h"
#include "src/policy/policy_sections.h"

namespace retainer::policy {
namespace {

constexpr int kMostDays = 366;

std::optional<std::string> ReadPlanName(const YamlNode& node, PolicyDraft* draft) {
  const auto name = draft->reader.Text(node, "plan");
  if (!name) return std::nullopt;
  if (!draft->policy.plans.contains(*name)) {
    draft->reader.Error(node, absl::StrCat("plan \"", name->substr(0, 60), "\" is not defined"),
                        DidYouMean(*name, NamesOf(draft->policy.plans)));
  }
  return name;
}

std::optional<Term> ReadTerm(const YamlNode& node, Reader* reader) {
  if (!reader->Map(node, "a term", policy_keys::Term())) return std::nullopt;
  const YamlNode* from = node.Find("from");
  const YamlNode* until = node.Find("until");
  if (from == nullptr || until == nullptr) {
    reader->Error(node, "a term needs its first and its last day",
                  "write {from: 2026-01-01, until: 2026-12-31}, or leave `term` out");
    return std::nullopt;
  }
  const auto first = reader->Day(*from);
  const auto last = reader->Day(*until);
  if (!first || !last) return std::nullopt;
  if (*last < *first) {
    reader->Error(*until, "the term ends before it begins", "both days are part of the term");
    return std::nullopt;
  }
  return Term{*first, *last};
}

}  // namespace

std::optional<int> ReadDays(const YamlNode& node, Reader* reader) {
  const auto length = ParseDuration(node.scalar);
  constexpr absl::Duration kDay = absl::Hours(24);
  if (!length.ok() || *length % kDay != absl::ZeroDuration() || *length > kMostDays * kDay) {
    reader->Error(node, "not a number of days",
                  absl::StrCat("write e.g. 14d; at most ", kMostDays, "d"));
    return std::nullopt;
  }
  return static_cast<int>(*length / kDay);
}

namespace {

std::optional<Entitlement> ReadEntitlement(const YamlNode& node, const std::string& customer,
                                           PolicyDraft* draft) {
  Reader& reader = draft->reader;
  if (!reader.Map(node, "an entitlement", policy_keys::Entitlement())) return std::nullopt;
  const YamlNode* plan = node.Find("plan");
  if (plan == nullptr) {
    reader.Error(node, "an entitlement without plan or hours", "write plan: NAME");
    return std::nullopt;
  }
  Entitlement held;
  held.plan = ReadPlanName(*plan, draft).value_or("");
  if (const YamlNode* term = node.Find("term")) {
    held.term = ReadTerm(*term, &reader);
    if (!held.term) return std::nullopt;
    if (const YamlNode* until = term->Find("until"))
      draft->places.terms[customer] = reader.PlaceOf(*until);
  }
  if (const YamlNode* grace = node.Find("grace")) {
    held.grace_days = ReadDays(*grace, &reader).value_or(0);
    if (!held.term) reader.Error(*grace, "grace without a term", "add a term, or remove `grace`");
  }
  if (const YamlNode* trial = node.Find("trial")) {
    held.trial = reader.Bool(*trial, "trial").value_or(false);
    if (held.trial && !held.term) {
      reader.Error(*trial, "a trial without an end", "add a term, or remove `trial`");
    }
  }
  return held;
}

void ReadList(const YamlNode& list, Customer* customer, PolicyDraft* draft) {
  Reader& reader = draft->reader;
  std::vector<const YamlNode*> without_end;
  for (const YamlNode& item : reader.List(list, "entitlements")) {
    if (item.IsMap() && item.Find("hours") != nullptr) {
      ReadHours(item, customer, draft);
      continue;
    }
    auto held = ReadEntitlement(item, customer->id, draft);
    if (!held) continue;
    const bool twice = std::any_of(customer->entitlements.begin(), customer->entitlements.end(),
                                   [&](const Entitlement& one) {
                                     if (!one.term || !held->term) return !one.term && !held->term;
                                     return one.term->from == held->term->from;
                                   });
    if (twice) {
      reader.Error(item, "two plans begin on the same day",
                   "the one that began last counts: give each its own first day");
      continue;
    }
    customer->entitlements.push_back(*std::move(held));
  }
  // One without a term comes first: each of the others takes its place for a time.
  std::stable_sort(customer->entitlements.begin(), customer->entitlements.end(),
                   [](const Entitlement& a, const Entitlement& b) {
                     if (!a.term || !b.term) return !a.term && b.term;
                     return a.term->from < b.term->from;
                   });
  std::sort(customer->hours.begin(), customer->hours.end(),
            [](const HoursBlock& a, const HoursBlock& b) {
              return std::tie(a.until, a.from, a.id) < std::tie(b.until, b.from, b.id);
            });
  if (list.IsSequence() && list.items.empty()) {
    reader.Error(list, absl::StrCat("customer \"", customer->id, "\" holds nothing"),
                 "write e.g. entitlements: [{plan: NAME}]");
  }
}

}  // namespace

void ReadEntitlements(const YamlNode& node, Customer* customer, PolicyDraft* draft) {
  Reader& reader = draft->reader;
  const YamlNode* plan = node.Find("plan");
  const YamlNode* term = node.Find("term");
  if (const YamlNode* list = node.Find("entitlements")) {
    if (plan != nullptr || term != nullptr) {
      reader.Error(*list, "`entitlements` beside `plan` or `term`",
                   "move the plan and its term into the list");
      return;
    }
    return ReadList(*list, customer, draft);
  }
  if (plan == nullptr) {
    reader.Error(node, absl::StrCat("customer \"", customer->id, "\" has no plan"),
                 "write plan: NAME");
    return;
  }
  Entitlement held;
  held.plan = ReadPlanName(*plan, draft).value_or("");
  if (term != nullptr) {
    held.term = ReadTerm(*term, &reader);
    if (held.term) draft->places.terms[customer->id] = reader.PlaceOf(*term->Find("until"));
  }
  customer->entitlements.push_back(std::move(held));
}

void ReadRequests(const YamlNode& node, PolicyDraft* draft) {
  Reader& reader = draft->reader;
  if (!reader.NamedMap(node, "requests")) return;
  // A request is counted by the calendars of its customer's plan.
  std::vector<std::string> calendars;
  for (const auto& [name, calendar] : draft->policy.calendars) calendars.push_back(name);
  std::map<std::string, std::string> labels;  // folded -> kind of request
  for (std::size_t i = 0; i < node.keys.size(); ++i) {
    const auto name = reader.Name(node.keys[i], "the name of a kind of request");
    if (!name || !IsNew(*name, "kind of request", node.keys[i], draft)) {
      continue;
    }
    const YamlNode& value = node.values[i];
    if (!reader.Map(value, "a kind of request", policy_keys::Request())) continue;
    RequestKind kind;
    kind.name = *name;
    if (const YamlNode* list = value.Find("labels")) {
      kind.labels = reader.Texts(*list, "labels");
      draft->label_keys.emplace("request " + *name, *list);
    }
    if (kind.labels.empty()) {
      reader.Error(node.keys[i],
                   absl::StrCat("the request \"", *name, "\" has no labels: no ticket is one"),
                   absl::StrCat("write e.g. labels: [\"kind: ", *name, "\"]"));
    }
    for (const std::string& label : kind.labels) {
      const auto [other, is_new] = labels.emplace(FoldName(label), *name);
      if (is_new) continue;
      reader.Error(
          *value.Find("labels"),
          absl::StrCat("the label \"", label, "\" belongs to \"", other->second, "\" already"),
          "a label names one kind of request");
    }
    if (const YamlNode* hours = value.Find("hours")) {
      kind.hours = reader.Bool(*hours, "hours").value_or(false);
    }
    const YamlNode* promises = value.Find("promises");
    if (promises == nullptr) {
      reader.Error(node.keys[i], absl::StrCat("the request \"", *name, "\" promises nothing"),
                   "write e.g. promises: {acknowledgement: 2bd}");
    } else if (reader.Map(*promises, "the promises of a request", policy_keys::Metrics())) {
      for (std::size_t p = 0; p < promises->keys.size(); ++p) {
        const std::optional<Metric> metric = ParseMetric(promises->keys[p].scalar);
        if (!metric) continue;
        const auto target = ReadTarget(promises->values[p], calendars, draft);
        if (target) kind.promises[*metric] = *target;
      }
    }
    draft->policy.requests.emplace(*name, std::move(kind));
  }
}

}  // namespace retainer::policy
