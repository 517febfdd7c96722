// The gate: do promises allow a release?
//
// Privacy: the answer ends up in public logs. Outside callers (Caller::outside), which all jobs
// are, learn about private customers only that a release must wait: one reason without a number,
// and only if nothing else blocks the release. The time, the question and the speed of an answer
// must not say more:
// - promises to private customers count by whole days (hidden_owed.h) and never change
//   `next_change_at`;
// - they count only in the question without filters. With a priority, plan or customer, only
//   promises to public customers count. A ref never removes one of theirs, because no forge is
//   asked about them;
// - every question does the same work: one read, whether there is anything private or not;
// - within a second the answer stays the same, whatever is written, and `as_of` is cut to the
//   second.
//
// Rationale: if outside callers did not learn that a release must wait, the release would ignore
// private customers. A token for everything may read everything anyway; it gets the number of
// broken promises, and the next change rounded down to the hour.
//
// A job's own token has the scope `gate` unless the configuration says otherwise: it cannot ask
// anything else.
//
// An override that an operator has recorded makes the gate pass. The answer still has the verdict
// without the override.
//
// Rationale: no token can create an override, so a pipeline cannot let itself pass.
#include <algorithm>
#include <memory>
#include <mutex>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "retainer/instant_text.h"
#include "src/api/filters.h"
#include "src/api/gate_words.h"
#include "src/api/json_writer.h"
#include "src/api/recent_answers.h"
#include "src/api/routes.h"
#include "src/api/ticket_json.h"
#include "src/api/tokens.h"

namespace retainer::api {
namespace {

constexpr std::size_t kMostReasons = 50;
constexpr std::size_t kLongestRef = 255;
// How many are compared with a ref, because it may fix all but a few.
constexpr std::size_t kMostLookedAt = 200;

// The age of the oldest waiting delivery, read at most once a second for all callers. Thread-safe.
class Backlog {
 public:
  absl::StatusOr<absl::Duration> Age(const ApiContext& context, absl::Time now) {
    std::unique_lock lock(mutex_);
    if (!looked_at_ || now < *looked_at_ || now - *looked_at_ >= absl::Seconds(1)) {
      // Callers that ask meanwhile get the previous value, except before the first read is
      // complete.
      const bool first = !looked_at_;
      if (!first) {
        looked_at_ = now;
        lock.unlock();
      }
      auto stats = context.store.Stats();
      if (!first) lock.lock();
      if (!stats.ok()) {
        looked_at_.reset();
        return stats.status();
      }
      oldest_ = stats->oldest_inbox;
      looked_at_ = now;
    }
    return oldest_ ? now - *oldest_ : absl::ZeroDuration();
  }

 private:
  std::mutex mutex_;
  std::optional<absl::Time> looked_at_;
  std::optional<absl::Time> oldest_;
};

// The reason why there is no verdict.
struct Unknown {
  const char* code;
  std::string text;
};

void WriteUnknown(const Unknown& unknown, JsonWriter* json) {
  json->BeginObject();
  json->Text("kind", "unknown");
  json->Text("code", unknown.code);
  json->Text("text", unknown.text);
  json->End();
}

struct Question {
  OwedQuery owed;
  std::string project;               // as in the request
  std::vector<std::string> filters;  // in words
  const Policy* policy = nullptr;
};

std::optional<ApiAnswer> ReadFilters(const ApiRequest& request, const TermsHistory& terms,
                                     Question* question) {
  const std::string fail_on = request.Get("fail_on");
  if (!fail_on.empty() && fail_on != "breached" && fail_on != "at_risk") {
    return Refuse(400, "`fail_on` is breached or at_risk.");
  }
  question->owed.at_risk = fail_on == "at_risk";
  if (request.Get("ref").size() > kLongestRef) return Refuse(400, "`ref` is too long.");
  AskedCustomer customer = AskCustomer(request, terms, 404);
  if (customer.refusal) return customer.refusal;
  AskedNames plan = AskPlan(request, terms);
  if (plan.refusal) return plan.refusal;
  AskedNames priorities = AskPriorities(request, terms);
  if (priorities.refusal) return priorities.refusal;
  question->filters = priorities.names;
  for (const std::string& name : plan.names) question->filters.push_back("plan " + name);
  if (!customer.id.empty()) question->filters.push_back("customer " + customer.id);
  question->owed.customer = std::move(customer.id);
  if (!plan.names.empty()) question->owed.plan = std::move(plan.names.front());
  question->owed.priorities = std::move(priorities.names);
  question->owed.outside = request.caller->outside();
  if (terms.empty()) return std::nullopt;
  question->policy = &terms.back()->policy;
  if (!question->owed.customer.empty() &&
      question->policy->FindCustomer(question->owed.customer) == nullptr) {
    return Refuse(404, "The policy in force names no such customer.");
  }
  return std::nullopt;
}

// A claim's commitments that count, ordered by due instant.
std::vector<OpenPromise> Broken(const ClaimRecord& claim, bool at_risk, absl::Time now) {
  std::vector<OpenPromise> broken;
  for (const OpenPromise& promise : claim.promises) {
    if (promise.kind != PromiseKind::kCommitment) continue;
    const ClockState state = StateAt(promise, now);
    if (state == ClockState::kBreached || (at_risk && state == ClockState::kAtRisk)) {
      broken.push_back(promise);
    }
  }
  std::sort(broken.begin(), broken.end(),
            [](const OpenPromise& a, const OpenPromise& b) { return a.due < b.due; });
  return broken;
}

// A commitment that is broken or at risk, of a customer that may be named.
struct PromiseReason {
  const Owed::Claim* owed;
  const Customer* customer;
  OpenPromise promise;
};

void WriteReason(const PromiseReason& reason, const std::string& path, absl::Time now,
                 JsonWriter* json) {
  const ClaimRecord& claim = reason.owed->claim;
  const TicketKey& ticket = reason.owed->ticket;
  const OpenPromise& promise = reason.promise;
  const ClockState state = StateAt(promise, now);
  const std::string ref = ToString(TicketRef{ticket.forge, path, ticket.kind, ticket.number});
  const std::string metric(MetricName(promise.metric));
  json->BeginObject();
  json->Text("kind", "promise");
  json->Text("text", absl::StrCat(ref, ": ", metric, " (", claim.priority, ") ",
                                  state == ClockState::kBreached ? "was due " : "is at risk, due ",
                                  UtcText(promise.due)));
  json->Text("ticket", ref);
  json->Text("url", reason.owed->url);
  json->Text("metric", metric);
  json->Text("state", ClockStateName(state));
  json->Instant("due", promise.due);
  json->Text("priority", claim.priority);
  json->Text("plan", claim.plan);
  json->Text("customer", reason.customer->id);
  json->End();
}

// The effect of a ref.
struct AppliedRef {
  std::string name;
  std::vector<std::string> excluded;
  std::string missing;  // what could not be looked up; empty: nothing
};

void WriteRef(const AppliedRef& ref, JsonWriter* json) {
  json->BeginObject("ref");
  json->Text("name", ref.name);
  json->Flag("applied", ref.missing.empty());
  json->Texts("excluded", ref.excluded);
  json->Text("text", ref.missing.empty() ? "Tickets whose fix is part of this ref do not count."
                                         : absl::StrCat("Not every fix could be looked up (",
                                                        ref.missing, "): what was not counts."));
  json->End();
}

void WriteOverride(const GateOverride& overridden, const char* without, JsonWriter* json) {
  json->BeginObject("override");
  json->Text("id", overridden.id);
  json->Text("by", overridden.by);
  json->Text("reason", overridden.reason);
  json->Instant("from", overridden.from);
  json->Instant("until", overridden.until);
  json->Text("without", without);
  json->End();
}

class Gate {
 public:
  explicit Gate(const ApiRouteOptions& options) : options_(options) {}

  ApiAnswer Answer(const ApiContext& context, const ApiRequest& request) {
    const bool outside = request.caller->outside();
    absl::Time now = context.clock.Now();
    if (outside) now = absl::FromUnixSeconds(absl::ToUnixSeconds(now));
    if (request.Get("project").empty() && request.caller->projects.empty()) {
      return Refuse(400, "`project` is missing: FORGE:PATH.");
    }
    const AskedProject asked = AskProject(context, request);
    if (asked.refusal) return *asked.refusal;
    const ProjectRecord& project = *asked.project;
    const TermsHistory terms = context.desk.terms();
    const auto overridden = context.store.FindOverride(project.key, now);
    if (!overridden.ok()) return Trouble(context, request, "gate", overridden.status(), "");
    RecentAnswers::Key key = RecentAnswers::KeyOf(context, "gate", request, project, terms, now);
    if (outside) {
      // Writes within this second change nothing, except an override, which the caller may know.
      key.version = 0;
      absl::StrAppend(&key.question, "\n", *overridden ? (*overridden)->id : "");
    }
    if (const auto recent = recent_.Find(key)) return *recent;
    Question question;
    question.project = ToString(ProjectRef{project.key.forge, project.path});
    question.owed.project = project.key;
    question.owed.at = now;
    const std::string ref = request.Get("ref");
    question.owed.limit = ref.empty() ? kMostReasons : kMostLookedAt;
    // When something is broken, the next change is not reported. A ref may fix everything that is
    // broken.
    question.owed.next = !ref.empty();
    if (auto refusal = ReadFilters(request, terms, &question)) return *std::move(refusal);
    if (question.policy != nullptr && !Covers(terms, NamesOf(project))) {
      ApiAnswer refusal = Refuse(404, "The policy in force does not cover this project.");
      refusal.code = "not_covered";
      return refusal;
    }
    auto owed = context.store.FindOwed(question.owed, terms.empty() ? "" : terms.back()->id);
    if (!owed.ok()) return Trouble(context, request, "gate", owed.status(), "");
    std::optional<AppliedRef> applied;
    if (!ref.empty()) {
      auto told = ApplyRef(context, request, question, project, ref, &*owed);
      if (!told.ok()) return Trouble(context, request, "gate", told.status(), "");
      applied = *std::move(told);
    }
    const auto backlog = backlog_.Age(context, now);
    if (!backlog.ok()) return Trouble(context, request, "gate", backlog.status(), "");
    ApiAnswer answer = Tell(request, question, project.path, *owed, applied, *backlog, *overridden);
    // Answers with a ref are not kept, because only the forge knows when they change.
    return ref.empty() ? *recent_.Keep(key, std::move(answer)) : answer;
  }

 private:
  // Removes from `owed` what the ref fixes, and returns the answer's part about it.
  static absl::StatusOr<AppliedRef> ApplyRef(const ApiContext& context, const ApiRequest& request,
                                             const Question& question, const ProjectRecord& project,
                                             const std::string& ref, Owed* owed) {
    std::vector<TicketKey> tickets;
    for (const Owed::Claim& claim : owed->claims) {
      if (std::find(tickets.begin(), tickets.end(), claim.ticket) == tickets.end()) {
        tickets.push_back(claim.ticket);
      }
    }
    auto fixes = context.desk.FixedIn(project, ref, tickets);
    if (!fixes.ok()) return fixes.status();
    std::set<std::string> excluded;
    std::erase_if(owed->claims, [&](const Owed::Claim& claim) {
      if (!fixes->fixed.contains(claim.ticket)) return false;
      const bool named = question.policy != nullptr &&
                         MayBeNamed(*question.policy, claim.claim.customer, request) != nullptr;
      const TicketKey& ticket = claim.ticket;
      if (named) {
        excluded.insert(
            ToString(TicketRef{ticket.forge, project.path, ticket.kind, ticket.number}));
      }
      return true;
    });
    if (owed->claims.size() > kMostReasons) {
      owed->claims.resize(kMostReasons);
      owed->more = true;
    }
    return AppliedRef{ref, {excluded.begin(), excluded.end()}, fixes->incomplete};
  }

  ApiAnswer Tell(const ApiRequest& request, const Question& question, const std::string& path,
                 const Owed& owed, const std::optional<AppliedRef>& ref, absl::Duration backlog,
                 const std::optional<GateOverride>& overridden) const {
    const absl::Time now = question.owed.at;
    std::vector<PromiseReason> reasons;
    std::size_t of_private = 0;
    for (const Owed::Claim& claim : owed.claims) {
      if (question.policy == nullptr) break;
      const Customer* customer = MayBeNamed(*question.policy, claim.claim.customer, request);
      for (const OpenPromise& promise : Broken(claim.claim, question.owed.at_risk, now)) {
        if (customer == nullptr) {
          ++of_private;
        } else {
          reasons.push_back({&claim, customer, promise});
        }
      }
    }
    // A customer that was public at the last judgement of its tickets is not counted for outside
    // callers.
    if (question.owed.outside) of_private = 0;
    const bool hidden = owed.hidden && question.filters.empty() && question.policy != nullptr;
    const bool fails = !reasons.empty() || of_private > 0 || hidden;
    const std::vector<Unknown> unknowns = Unknowns(question, owed, backlog);
    const char* const verdict = fails ? "fail" : unknowns.empty() ? "pass" : "unknown";
    absl::Time next = fails ? absl::InfiniteFuture() : NextChange(question, owed, request);
    if (overridden && (fails || !unknowns.empty())) next = overridden->until;

    GateSaid said;
    said.verdict = verdict;
    said.project = question.project;
    said.at_risk = question.owed.at_risk;
    said.filters = question.filters;
    said.promises = reasons.size() + of_private;
    said.more = owed.more;
    said.overridden = overridden && std::string_view(verdict) != "pass";
    if (ref && !ref->excluded.empty()) said.fixed_by = ref->name;

    JsonWriter json;
    json.BeginObject();
    json.Text("verdict", overridden ? "pass" : verdict);
    json.Text("headline", GateHeadline(said));
    json.Text("project", question.project);
    json.Text("fail_on", question.owed.at_risk ? "at_risk" : "breached");
    json.BeginVolatile();
    json.Instant("as_of", now);
    json.EndVolatile();
    json.Instant("next_change_at", next);
    json.BeginArray("reasons");
    for (const PromiseReason& reason : reasons) WriteReason(reason, path, now, &json);
    if (hidden && reasons.empty()) {
      json.BeginObject();
      json.Text("kind", "private");
      json.Text("text", HiddenReason(question.owed.at_risk));
      json.End();
    }
    if (of_private > 0) WritePrivate(of_private, question, &json);
    for (const Unknown& unknown : unknowns) WriteUnknown(unknown, &json);
    json.End();
    json.Flag("more", owed.more);
    if (overridden) WriteOverride(*overridden, verdict, &json);
    if (ref) WriteRef(*ref, &json);
    if (question.owed.outside && !question.filters.empty() && request.caller->customer.empty()) {
      json.Text("note",
                "Promises to private customers count only in questions without a filter (priority, "
                "customer, plan).");
    }
    const std::string list = absl::StrCat("/api/v1/tickets?project=", question.project, "&state=");
    json.BeginObject("links");
    json.Text("breached", list + "breached");
    json.Text("at_risk", list + "at_risk");
    json.End();
    json.End();
    return JsonAnswer(json);
  }

  // What callers that may read everything learn about private customers.
  static void WritePrivate(std::size_t count, const Question& question, JsonWriter* json) {
    const char* const wrong = question.owed.at_risk ? "broken or at risk" : "broken";
    json->BeginObject();
    json->Text("kind", "private");
    json->Text("text",
               absl::StrCat(count, count == 1 ? " commitment" : " commitments",
                            " to private customers ", count == 1 ? "is " : "are ", wrong, "."));
    json->Number("count", static_cast<std::int64_t>(count));
    json->End();
  }

  // Nullptr when the caller must not know the customer.
  static const Customer* MayBeNamed(const Policy& policy, const std::string& id,
                                    const ApiRequest& request) {
    const Customer* customer = policy.FindCustomer(id);
    if (customer == nullptr) return nullptr;
    return customer->is_public || request.caller->customer == id ? customer : nullptr;
  }

  // The next instant at which only time changes the verdict, as far as this caller may know.
  static absl::Time NextChange(const Question& question, const Owed& owed,
                               const ApiRequest& request) {
    // When something is broken, the next change is not reported.
    if (question.policy != nullptr && !owed.claims.empty()) return absl::InfiniteFuture();
    if (owed.next == absl::InfiniteFuture() || question.policy == nullptr ||
        MayBeNamed(*question.policy, owed.next_customer, request) != nullptr) {
      return owed.next;
    }
    if (question.owed.outside) return absl::InfiniteFuture();
    const absl::Time hour =
        absl::FromCivil(absl::ToCivilHour(owed.next, absl::UTCTimeZone()), absl::UTCTimeZone());
    return std::max(hour, question.owed.at);
  }

  std::vector<Unknown> Unknowns(const Question& question, const Owed& owed,
                                absl::Duration backlog) const {
    if (question.policy == nullptr) return {{"policy", "No valid policy is in force."}};
    std::vector<Unknown> unknowns;
    if (owed.more && owed.claims.empty()) {
      unknowns.push_back({"ref", "More commitments are broken than were compared with the ref."});
    }
    if (owed.stale) {
      unknowns.push_back(
          {"policy_changed", "The policy has changed and not every ticket was judged by it yet."});
    }
    if (owed.questions) {
      unknowns.push_back(
          {"questions",
           "The forge has not yet answered to whom a ticket of this project belongs."});
    }
    if (backlog > options_.backlog_bound) {
      unknowns.push_back(
          {"backlog",
           absl::StrCat("Deliveries of the forge wait to be read for ",
                        absl::FormatDuration(absl::Floor(backlog, absl::Minutes(1))), ".")});
    }
    return unknowns;
  }

  const ApiRouteOptions options_;
  Backlog backlog_;
  RecentAnswers recent_;
};

}  // namespace

void AddGateRoute(const ApiRouteOptions& options, std::vector<Route>* routes) {
  auto gate = std::make_shared<Gate>(options);
  routes->push_back({"/api/v1/gate",
                     Access::kGate,
                     {"project", "fail_on", "priority", "customer", "plan", "ref"},
                     [gate](const ApiContext& context, const ApiRequest& request) {
                       return gate->Answer(context, request);
                     }});
}

}  // namespace retainer::api
