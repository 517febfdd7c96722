// The gate: may this be released, as far as promises go?
//
// Privacy: what comes out stands in public logs. That a release must wait is all that it says of
// private customers to a token that is for projects, as every job's is: one reason without a number,
// where nothing else is in the way, and none of the instants at which theirs is due (of which the
// opened issue could be told). Rationale: less would let a release pass over them. A token for all
// may read all anyway; it is told how many are broken, and the next change to the hour before it.
//
// A job's own token has the scope `gate` unless the configuration says more: it can ask nothing else.
//
// An override that an operator has put on record makes it pass; what it would have said without is
// still told. Rationale: no token makes one, so that a pipeline cannot let itself through.
#include <algorithm>
#include <memory>
#include <mutex>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/civil_time.h"
#include "retainer/instant_text.h"
#include "src/api/json_writer.h"
#include "src/api/recent_answers.h"
#include "src/api/routes.h"
#include "src/api/ticket_json.h"
#include "src/api/tokens.h"

namespace retainer {
namespace {

constexpr std::size_t kMostReasons = 50;
constexpr std::size_t kLongestRef = 255;
// Of which a ref may fix so many that the rest is few.
constexpr std::size_t kMostLookedAt = 200;

// How long deliveries wait, looked up at most once a second whoever asks. Thread-safe.
class Backlog {
 public:
  absl::StatusOr<absl::Duration> Age(const ApiContext& context, absl::Time now) {
    std::unique_lock lock(mutex_);
    if (!looked_at_ || now < *looked_at_ || now - *looked_at_ >= absl::Seconds(1)) {
      // Who asks meanwhile is answered from before, but for the first.
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

// Why a verdict cannot be told.
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
  std::string project;  // as it was asked for
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
  const AskedCustomer customer = AskCustomer(request, terms);
  if (customer.refusal) return customer.refusal;
  question->owed.customer = customer.id;
  question->owed.plan = request.Get("plan");
  const std::string priorities = request.Get("priority");
  if (terms.empty()) return std::nullopt;
  // What is misspelt must not pass for what is kept.
  const Policy& policy = terms.back()->policy;
  question->policy = &policy;
  if (!customer.id.empty() && policy.FindCustomer(customer.id) == nullptr) {
    return Refuse(404, "The policy in force names no such customer.");
  }
  if (!question->owed.plan.empty() && !policy.plans.contains(question->owed.plan)) {
    return Refuse(400, "The policy in force has no such plan.");
  }
  if (!priorities.empty()) {
    const std::vector<std::string> names = absl::StrSplit(priorities, ',');
    for (const std::string& name : names) {
      const auto rank = policy.PriorityRank(name);
      if (!rank) return Refuse(400, "The policy in force has no such priority.");
      question->owed.priorities.push_back(policy.priorities[*rank].name);
    }
  }
  return std::nullopt;
}

// Of a claim, the commitments that count, the earliest first.
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

// What a ref leaves out.
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
    const absl::Time now = context.clock.Now();
    if (request.Get("project").empty() && request.caller->projects.empty()) {
      return Refuse(400, "`project` is missing: FORGE:PATH.");
    }
    const AskedProject asked = AskProject(context, request);
    if (asked.refusal) return *asked.refusal;
    const ProjectRecord& project = *asked.project;
    const TermsHistory terms = context.desk.terms();
    const RecentAnswers::Key key =
        RecentAnswers::KeyOf(context, "gate", request, project, terms, now);
    if (const auto recent = recent_.Find(key)) return *recent;
    Question question;
    question.project = ToString(ProjectRef{project.key.forge, project.path});
    question.owed.project = project.key;
    question.owed.at = now;
    const std::string ref = request.Get("ref");
    question.owed.limit = ref.empty() ? kMostReasons : kMostLookedAt;
    // What is broken already is told, not what comes; a ref may take all of it away again.
    question.owed.next = !ref.empty();
    if (auto refusal = ReadFilters(request, terms, &question)) return *std::move(refusal);
    if (question.policy != nullptr && !Covers(terms, NamesOf(project))) {
      return Refuse(404, "The policy in force does not cover this project.");
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
    const auto overridden = context.store.FindOverride(project.key, now);
    if (!overridden.ok()) return Trouble(context, request, "gate", overridden.status(), "");
    const auto next = NextChange(context, question, *owed, request, terms);
    if (!next.ok()) return Trouble(context, request, "gate", next.status(), "");
    ApiAnswer answer =
        Tell(request, question, project.path, *owed, applied, *backlog, *overridden, *next);
    // What a ref leaves out is known to the forge.
    return ref.empty() ? *recent_.Keep(key, std::move(answer)) : answer;
  }

 private:
  // Takes out of `owed` what the ref fixes; the answer's word on it.
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
                 const std::optional<GateOverride>& overridden, absl::Time next_change) const {
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
    const bool fails = !reasons.empty() || of_private > 0;
    const std::vector<Unknown> unknowns = Unknowns(question, owed, backlog);
    const char* const verdict = fails ? "fail" : unknowns.empty() ? "pass" : "unknown";
    absl::Time next = fails ? absl::InfiniteFuture() : next_change;
    if (overridden && (fails || !unknowns.empty())) next = overridden->until;

    JsonWriter json;
    json.BeginObject();
    json.Text("verdict", overridden ? "pass" : verdict);
    json.Text("project", question.project);
    json.Text("fail_on", question.owed.at_risk ? "at_risk" : "breached");
    json.BeginVolatile();
    json.Instant("as_of", now);
    json.EndVolatile();
    json.Instant("next_change_at", next);
    json.BeginArray("reasons");
    for (const PromiseReason& reason : reasons) WriteReason(reason, path, now, &json);
    if (of_private > 0 && (!InPublic(request) || reasons.empty())) {
      WritePrivate(of_private, question, InPublic(request), &json);
    }
    for (const Unknown& unknown : unknowns) WriteUnknown(unknown, &json);
    json.End();
    json.Flag("more", owed.more);
    if (overridden) WriteOverride(*overridden, verdict, &json);
    if (ref) WriteRef(*ref, &json);
    const std::string list = absl::StrCat("/api/v1/tickets?project=", question.project, "&state=");
    json.BeginObject("links");
    json.Text("breached", list + "breached");
    json.Text("at_risk", list + "at_risk");
    json.End();
    json.End();
    return JsonAnswer(json);
  }

  // All that is said of private customers, in public without a number.
  static void WritePrivate(std::size_t count, const Question& question, bool in_public,
                           JsonWriter* json) {
    const char* const wrong = question.owed.at_risk ? "broken or at risk" : "broken";
    json->BeginObject();
    json->Text("kind", "private");
    if (in_public) {
      json->Text("text", absl::StrCat("A commitment to a private customer is ", wrong, "."));
    } else {
      json->Text("text",
                 absl::StrCat(count, count == 1 ? " commitment" : " commitments",
                              " to private customers ", count == 1 ? "is " : "are ", wrong, "."));
      json->Number("count", static_cast<std::int64_t>(count));
    }
    json->End();
  }

  // Nullptr for a customer that must not be told of.
  static const Customer* MayBeNamed(const Policy& policy, const std::string& id,
                                    const ApiRequest& request) {
    const Customer* customer = policy.FindCustomer(id);
    if (customer == nullptr) return nullptr;
    return customer->is_public || request.caller->customer == id ? customer : nullptr;
  }

  static bool InPublic(const ApiRequest& request) { return !request.caller->projects.empty(); }

  // The next instant at which time alone changes the verdict, as far as this caller may know.
  static absl::StatusOr<absl::Time> NextChange(const ApiContext& context, const Question& question,
                                               const Owed& owed, const ApiRequest& request,
                                               const TermsHistory& terms) {
    // What is broken is told, not what comes.
    if (question.policy != nullptr && !owed.claims.empty()) return absl::InfiniteFuture();
    if (owed.next == absl::InfiniteFuture() || question.policy == nullptr ||
        MayBeNamed(*question.policy, owed.next_customer, request) != nullptr) {
      return owed.next;
    }
    if (!InPublic(request)) {
      const absl::Time hour =
          absl::FromCivil(absl::ToCivilHour(owed.next, absl::UTCTimeZone()), absl::UTCTimeZone());
      return std::max(hour, question.owed.at);
    }
    absl::Time next = absl::InfiniteFuture();
    for (const Customer& customer : question.policy->customers) {
      const bool asked = question.owed.customer.empty() || question.owed.customer == customer.id;
      if (!asked || MayBeNamed(*question.policy, customer.id, request) == nullptr) continue;
      OwedQuery of_one = question.owed;
      of_one.customer = customer.id;
      of_one.limit = 1;
      const auto found = context.store.FindOwed(of_one, terms.back()->id);
      if (!found.ok()) return found.status();
      next = std::min(next, found->next);
    }
    return next;
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
          {"questions", "The forge has not yet answered whose ticket one of this project is."});
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
                     "/api/v1/gate",
                     Access::kGate,
                     {"project", "fail_on", "priority", "customer", "plan", "ref"},
                     [gate](const ApiContext& context, const ApiRequest& request) {
                       return gate->Answer(context, request);
                     }});
}

}  // namespace retainer
