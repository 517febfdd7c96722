#include "retainer/customer_notices.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "retainer/entitlement.h"
#include "src/base/view.h"
#include "telling.h"

namespace retainer {
namespace {

using base::View;

class CustomerTeller {
 public:
  CustomerTeller(const Policy& policy, const Customer& customer, absl::Time now)
      : policy_(policy), customer_(customer), now_(now), today_(DayFor(customer, now)) {}

  void TellHours(const HoursBook& book) {
    for (const HoursBalance& balance : book.blocks) {
      if (!balance.Covers(today_) || !balance.IsLow()) continue;
      Add(NoticeKind::kHoursLow, balance.block.id,
          absl::StrCat(HoursLeftText(
              {balance.block.id, balance.left(), balance.amount(), balance.block.until})));
    }
  }

  void TellAllowance(const AllowanceUse& used) {
    const Entitlement* held = customer_.EntitlementAt(now_);
    const Plan* plan = held == nullptr ? nullptr : PlanFor(policy_, customer_, now_);
    if (plan == nullptr) return;
    TellLimit("tickets", plan->allowance.tickets, used.tickets);
    for (const auto& [priority, limit] : plan->allowance.priorities) {
      const auto use = used.priorities.find(priority);
      if (use != used.priorities.end()) TellLimit(priority, limit, use->second);
    }
  }

  void TellTerm() {
    const std::optional<absl::CivilDay> last = LastCoveredDay();
    if (!last) return;
    const auto left = *last - today_;
    if (left > kTermEndingDays) return;
    const int step = left > kTermEndingSoonDays ? kTermEndingDays : kTermEndingSoonDays;
    Add(NoticeKind::kTermEnding, absl::StrCat(absl::FormatCivilTime(*last), " ", step),
        absl::StrCat(
            "the ", trial_ ? "trial" : "term", " ends on ", absl::FormatCivilTime(*last),
            left == 0 ? ", today" : absl::StrCat(", in ", left, left == 1 ? " day" : " days"),
            grace_ > 0 ? absl::StrCat("; grace of ", grace_, " days follows") : ""));
  }

  std::vector<Notice> Take() {
    std::sort(notices_.begin(), notices_.end(),
              [](const Notice& a, const Notice& b) { return a.id < b.id; });
    return std::move(notices_);
  }

 private:
  void TellLimit(const std::string& what, const TicketLimit& limit, const TicketUse& use) {
    if (!limit.per_month || use.this_month == 0) return;
    if (use.this_month < *limit.per_month * kHoursLow) return;
    const absl::CivilMonth month(today_);
    Add(NoticeKind::kAllowanceLow, absl::StrCat(absl::FormatCivilTime(month), " ", what),
        absl::StrCat(use.this_month, " of ", *limit.per_month, " ", what,
                     what == "tickets" ? "" : " tickets", " of ", absl::FormatCivilTime(month),
                     " are used"));
  }

  // The last day of the terms that cover today and follow one another. Nullopt: none covers today,
  // or there is no end.
  std::optional<absl::CivilDay> LastCoveredDay() {
    std::optional<absl::CivilDay> last;
    for (absl::CivilDay day = today_;;) {
      const Entitlement* longest = nullptr;
      for (const Entitlement& held : customer_.entitlements) {
        if (held.bought) continue;
        if (!held.term) return std::nullopt;
        if (day < held.term->from || held.term->until < day) continue;
        if (longest == nullptr || longest->term->until < held.term->until) longest = &held;
      }
      if (longest == nullptr) return last;
      last = longest->term->until;
      trial_ = longest->trial;
      grace_ = longest->grace_days;
      day = *last + 1;
    }
  }

  void Add(NoticeKind kind, const std::string& cause, const std::string& text) {
    Notice& notice = notices_.emplace_back();
    notice.id = absl::StrCat(View(NoticeKindName(kind)), " ", customer_.id, " ", cause);
    notice.kind = kind;
    notice.customer = customer_.id;
    notice.at = now_;
    notice.due = absl::InfiniteFuture();
    notice.teams = core::TeamsFor({}, policy_);
    notice.text = absl::StrCat(customer_.id, ": ", text);
    notice.is_private = !customer_.is_public;
    notice.ref = absl::StrCat("customer ", customer_.id);
    notice.crm = customer_.crm;
  }

  const Policy& policy_;
  const Customer& customer_;
  const absl::Time now_;
  const absl::CivilDay today_;
  bool trial_ = false;
  int grace_ = 0;
  std::vector<Notice> notices_;
};

}  // namespace

std::vector<Notice> CustomerNotices(const Policy& policy, const Customer& customer,
                                    const HoursBook& book, const std::optional<AllowanceUse>& used,
                                    absl::Time now) {
  CustomerTeller teller(policy, customer, now);
  teller.TellHours(book);
  if (used) teller.TellAllowance(*used);
  teller.TellTerm();
  return teller.Take();
}

}  // namespace retainer
