// GET /badge.svg: what anybody may see of a project's promises.
#include <algorithm>
#include <map>
#include <memory>
#include <mutex>

#include "src/api/badge.h"
#include "src/api/routes.h"
#include "src/api/tokens.h"
#include "src/pipeline/late_promises.h"

namespace retainer::api {
namespace {

constexpr std::int32_t kDays = 90;
constexpr std::size_t kMostBreaches = 100;
constexpr absl::Duration kKept = absl::Minutes(1);

// The median of durations that are counted in steps.
std::optional<absl::Duration> Median(const std::map<std::uint8_t, std::uint64_t>& steps) {
  std::uint64_t all = 0;
  for (const auto& [step, count] : steps) all += count;
  std::uint64_t seen = 0;
  for (const auto& [step, count] : steps) {
    seen += count;
    if (2 * seen >= all) return TookOf(step);
  }
  return std::nullopt;
}

// Thread-safe. Makes a project's badge at most once a minute, for all readers.
class Badges {
 public:
  ApiAnswer Answer(const ApiContext& context, const ApiRequest& request) {
    if (request.Get("project").empty() && (!request.caller || request.caller->projects.empty())) {
      return Refuse(400, "`project` is missing: FORGE:PATH.");
    }
    const AskedProject asked = AskProject(context, request);
    if (asked.refusal) return *asked.refusal;
    const ProjectRecord& project = *asked.project;
    const char* const unknown =
        "No delivery of this project was ever received: check the spelling, and that its webhook "
        "points here.";
    // For a stranger, a private project is answered as one that does not exist.
    if (!request.caller && project.is_private) return Refuse(404, unknown);
    const TermsHistory terms = context.desk.terms();
    if (!Covers(terms, NamesOf(project))) {
      return Refuse(404, "The policy in force does not cover this project.");
    }
    const absl::Time now = context.clock.Now();
    std::optional<std::string> svg = Kept(project.key, terms.back()->id, now);
    if (!svg) {
      absl::Time until = now + kKept;
      auto figures = Count(context, project.key, *terms.back(), now, &until);
      if (!figures.ok()) return Trouble(context, request, "badge", figures.status(), "");
      svg = BadgeSvg("support promises", TellBadge(*figures));
      std::lock_guard lock(mutex_);
      kept_[project.key] = {terms.back()->id, now, until, *svg};
    }
    ApiAnswer answer;
    answer.type = "image/svg+xml";
    answer.body = *std::move(svg);
    answer.stable = answer.body;
    answer.headers = {
        {"Cache-Control", request.caller ? "private, max-age=300" : "public, max-age=300"}};
    return answer;
  }

 private:
  struct Entry {
    std::string terms_id;
    absl::Time at;
    absl::Time until;  // no promise falls due earlier
    std::string svg;
  };

  std::optional<std::string> Kept(const ProjectKey& project, const std::string& terms_id,
                                  absl::Time now) {
    std::lock_guard lock(mutex_);
    const auto it = kept_.find(project);
    if (it == kept_.end() || it->second.terms_id != terms_id || now < it->second.at ||
        now >= it->second.until) {
      return std::nullopt;
    }
    return it->second.svg;
  }

  // Lowers `next` to the instant at which the next promise falls due.
  static absl::StatusOr<BadgeFigures> Count(const ApiContext& context, const ProjectKey& project,
                                            const Terms& terms, absl::Time now, absl::Time* next) {
    BadgeFigures figures;
    std::map<std::uint8_t, std::uint64_t> first_responses;
    for (const Customer& customer : terms.policy.customers) {
      if (!customer.is_public) continue;
      const std::int32_t today = DayOf(now);
      auto sums = context.store.SumEndings(customer.id, project, today - (kDays - 1), today);
      if (!sums.ok()) return sums.status();
      for (const auto& [metric, sum] : sums->metrics) {
        figures.met += sum.met;
        figures.missed += sum.missed;
      }
      const auto late = pipeline::CountLate(context.store, customer.id, project, now);
      if (!late.ok()) return late.status();
      for (const auto& [metric, count] : *late) figures.missed += count;
      for (const auto& [step, count] : sums->first_responses) first_responses[step] += count;
      OwedQuery query;
      query.project = project;
      query.customer = customer.id;
      query.at = now;
      query.limit = kMostBreaches;
      auto owed = context.store.FindOwed(query, terms.id);
      if (!owed.ok()) return owed.status();
      figures.open_breaches += owed->claims.size();
      figures.more_breaches = figures.more_breaches || owed->more;
      *next = std::min(*next, owed->next);
    }
    figures.median_first_response = Median(first_responses);
    return figures;
  }

  std::mutex mutex_;
  std::map<ProjectKey, Entry> kept_;  // only known, covered projects: few
};

}  // namespace

void AddBadgeRoute(std::vector<Route>* routes) {
  auto badges = std::make_shared<Badges>();
  routes->push_back({"/badge.svg",
                     Access::kBadge,
                     {"project"},
                     [badges](const ApiContext& context, const ApiRequest& request) {
                       return badges->Answer(context, request);
                     }});
}

}  // namespace retainer::api
