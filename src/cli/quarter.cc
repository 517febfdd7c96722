#include "src/cli/quarter.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <random>
#include <set>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "retainer/fact_builders.h"
#include "src/base/view.h"
#include "src/cli/jump_clock.h"
#include "src/cli/no_metrics.h"
#include "src/cli/service.h"
#include "src/pipeline/judge.h"
#include "src/pipeline/terms_holder.h"
#include "src/pipeline/timers.h"

namespace retainer::cli {
namespace {

constexpr int kTickets = 900;
constexpr int kQuarterDays = 91;
// In this week a release breaks upgrades: many tickets more than usual.
constexpr int kBadWeek = 9;
constexpr int kBadTickets = 45;

struct Company {
  std::string_view id;
  std::string_view name;
  std::string_view zone;
  std::string_view contact;
};
constexpr auto kCompanies = std::to_array<Company>({
    {"aldermoor", "Aldermoor Insurance", "Europe/London", "h-pryce"},
    {"arcwell", "Arcwell Energy", "Europe/Berlin", "nora-seidel"},
    {"bellhaven", "Bellhaven Hospitals", "America/Chicago", "tkendrick"},
    {"birkdal", "Birkdal Shipping", "Europe/Copenhagen", "mads-holm"},
    {"brightforge", "Brightforge Games", "America/Los_Angeles", "kaylee-ross"},
    {"calder", "Calder & Voss", "Europe/Amsterdam", "pvoss"},
    {"canopy", "Canopy Telecom", "Asia/Singapore", "wei-ling-ong"},
    {"castellan", "Castellan Bank", "Europe/Zurich", "lara-frei"},
    {"cobaltline", "Cobalt Line Railways", "Europe/Paris", "mdurand"},
    {"driftwood", "Driftwood Retail", "America/New_York", "s-okoye"},
    {"elmstead", "Elmstead University", "Europe/London", "rjf-hollis"},
    {"fenwick", "Fenwick Analytics", "Europe/Dublin", "aoife-ryan"},
    {"garnet", "Garnet Pharma", "Europe/Zurich", "stefan-buri"},
    {"halden", "Halden Logistics", "Europe/Oslo", "ingrid-moe"},
    {"ironbark", "Ironbark Mining", "Australia/Sydney", "jwhitlock"},
    {"juniper-row", "Juniper Row Media", "America/New_York", "dana-levitt"},
    {"kestrel", "Kestrel Aviation", "Europe/Madrid", "luz-ferrer"},
    {"lindqvist", "Lindqvist Papers", "Europe/Stockholm", "olof-l"},
    {"marlow", "Marlow Foods", "Europe/London", "bea-marsh"},
    {"nordhav", "Nordhav Fisheries", "Europe/Oslo", "tor-eidsvik"},
    {"oakline", "Oakline Mutual", "America/Denver", "grace-tan"},
    {"pinecrest", "Pinecrest Labs", "America/Los_Angeles", "v-ramanathan"},
    {"quarry-hill", "Quarry Hill Cement", "America/Toronto", "lroy"},
    {"redfern", "Redfern Motors", "Europe/Berlin", "j-albrecht"},
    {"sandpiper", "Sandpiper Travel", "Europe/Lisbon", "rita-campos"},
    {"tallis", "Tallis Publishing", "Europe/Paris", "cmoreau"},
    {"umbra", "Umbra Security", "Asia/Tokyo", "k-nakata"},
    {"vantage", "Vantage Mapping", "Pacific/Auckland", "hemi-tait"},
    {"westlake", "Westlake Water", "America/Chicago", "p-jurado"},
    {"zephyr", "Zephyr Wind", "Europe/Copenhagen", "freja-lund"},
});
constexpr std::string_view kPlans[] = {"gold", "silver", "bronze"};

struct Responder {
  std::string_view login;
  std::string_view team;
};
constexpr auto kResponders = std::to_array<Responder>({{"mina-castell", "storage"},
                                                       {"raj-menon", "storage"},
                                                       {"tomasz-wilk", "drivers"},
                                                       {"lena-brandt", "drivers"}});

constexpr std::string_view kTitles[] = {
    "Replica falls behind after a restart",
    "Query plan changes after ANALYZE and takes minutes",
    "Connection pool is exhausted at night",
    "Restore stops with checksum mismatch in segment 14",
    "Driver returns NULL for decimal(38,0)",
    "Out of memory while building an index",
    "Deadlock between vacuum and bulk load",
    "TLS handshake fails behind the load balancer",
    "Clock skew makes leader elections flap",
    "COPY is ten times slower than in 5.0",
    "Prepared statements leak in the ODBC driver",
    "Wrong collation for Turkish i",
    "Crash on a query with nested window functions",
    "Log shipping stops when the disk is nearly full",
    "Unicode file names break the backup",
    "How do we size the shared cache?",
    "Timeout is ignored by the async driver",
    "Failover takes four minutes instead of ten seconds",
};
constexpr std::string_view kBadTitle = "Upgrade to 5.2 stops with \"catalog version differs\"";

std::string DayOf(absl::Time at) { return absl::FormatTime("%Y-%m-%d", at, absl::UTCTimeZone()); }

// What happens on one ticket, until now.
class QuarterTicket {
 public:
  QuarterTicket(const std::vector<ProjectKey>& keys, int number, absl::Time now)
      : random_(static_cast<std::uint64_t>(number) * 2'654'435'761u + 7), now_(now) {
    const std::size_t project = static_cast<std::size_t>(number) % keys.size();
    key_ = {keys[project].forge, keys[project].id, TicketKind::kIssue, number};
    path_ = QuarterProjects()[project].path;
    const bool bad = number < kBadTickets;
    at_ = bad ? OpeningIn(7 * kBadWeek, 5) : OpeningIn(0, kQuarterDays);
    Open(bad);
    if (customer_) {
      Support();
    } else {
      Chat();
    }
  }

  const TicketKey& key() const { return key_; }
  absl::Time last() const { return at_; }
  const pipeline::News& news() const { return news_; }

 private:
  std::uint64_t Below(std::uint64_t bound) { return random_() % bound; }
  bool Chance(std::uint64_t percent) { return Below(100) < percent; }
  double Share() { return static_cast<double>(Below(10'000)) / 1e4; }

  // People write on working days, mostly by day.
  absl::Time OpeningIn(int from_day, int days) {
    for (;;) {
      const absl::Time day =
          now_ - absl::Hours(24 * (kQuarterDays - from_day - static_cast<int>(Below(days))));
      const absl::Weekday weekday = absl::GetWeekday(absl::ToCivilDay(day, absl::UTCTimeZone()));
      const bool weekend = weekday == absl::Weekday::saturday || weekday == absl::Weekday::sunday;
      if (weekend && Chance(80)) continue;
      const auto hour = static_cast<int>(Chance(85) ? 7 + Below(11) : Below(24));
      const absl::Time at =
          absl::FromCivil(absl::CivilHour(absl::ToCivilDay(day, absl::UTCTimeZone())) + hour,
                          absl::UTCTimeZone()) +
          absl::Seconds(static_cast<int>(Below(3600)));
      if (at < now_ - absl::Minutes(20)) return at;
    }
  }

  // Moves the time; false if that would be after now.
  bool Pass(absl::Duration by) {
    const absl::Time next = at_ + absl::Seconds(absl::ToInt64Seconds(by) + 1);
    if (next >= now_) return false;
    at_ = next;
    return true;
  }
  absl::Duration Between(absl::Duration least, absl::Duration most) {
    return least + Share() * (most - least);
  }

  Learnt By() const { return {Provenance::kWebhook, at_}; }
  void Say(const Actor& who, std::string_view text) {
    const std::int64_t id = key_.number * 1000 + ++comments_;
    news_.facts.push_back(
        MakeComment(By(), IssueCommentId(absl::StrCat(id)), who, Moment::At(at_), text));
  }

  void Open(bool bad) {
    if (Chance(bad ? 70 : 55)) {
      // Some customers write far more than others.
      customer_ = static_cast<std::size_t>(Share() * Share() * kCompanies.size());
      const Company& company = kCompanies[*customer_];
      author_ = {absl::StrCat(700'000 + *customer_), std::string(company.contact), false};
    } else {
      const std::uint64_t who = Below(300);
      author_ = {absl::StrCat(800'000 + who), absl::StrCat("dev-", who), false};
    }
    const std::size_t helper = Below(2) + (key_.number % 2 == 0 ? 0 : 2);
    responder_ = {absl::StrCat(600'000 + helper), std::string(kResponders[helper].login), false};
    priority_ = customer_ ? (Chance(bad ? 30 : 8) ? 1 : Chance(25) ? 2 : 3) : 3;
    const std::string command =
        priority_ < 3 ? absl::StrCat("\n\n/support priority P", priority_) : "";
    news_.facts.push_back(
        MakeOpened(By(), author_, Moment::At(at_),
                   absl::StrCat("We see this since this morning. Logs are attached.", command)));
    TicketInfo ticket;
    ticket.number = key_.number;
    ticket.title = bad ? kBadTitle : kTitles[Below(std::size(kTitles))];
    ticket.url = absl::StrCat("https://forge.example/", path_, "/issues/", key_.number);
    ticket.author = author_;
    news_.ticket = std::move(ticket);
  }

  // A customer's ticket: mostly in time, sometimes late.
  void Support() {
    const absl::Duration promised = priority_ == 1   ? absl::Hours(1)
                                    : priority_ == 2 ? absl::Hours(4)
                                                     : absl::Hours(20);
    const bool late = Chance(priority_ == 1 ? 12 : 7);
    if (!Pass(late ? Between(promised, 3 * promised) : Between(0.02 * promised, 0.8 * promised))) {
      return;
    }
    Say(responder_, "The page cache is not flushed before the switch. Which build is it exactly?");
    if (Chance(60)) {
      news_.facts.push_back(MakeAssigned(By(), responder_, responder_, Moment::At(at_)));
    }
    for (std::uint64_t i = Below(3); i > 0; --i) {
      if (Chance(30)) {
        if (!Pass(absl::Minutes(2))) return;
        Say(responder_, "/support waiting");
      }
      if (!Pass(Between(absl::Minutes(30), absl::Hours(priority_ == 1 ? 4 : 40)))) return;
      Say(author_, "It is build 5.2.1-rc3. It happens again each time the job starts.");
      if (!Pass(late && Chance(30) ? Between(absl::Hours(6), absl::Hours(30))
                                   : Between(absl::Minutes(10), absl::Minutes(100)))) {
        return;
      }
      Say(responder_, "Thank you. I can reproduce it; the write is lost when the lock is taken.");
    }
    if (priority_ < 3 && Chance(70)) {
      if (!Pass(Between(absl::Minutes(20), absl::Hours(3)))) return;
      Say(responder_, "Set cache_flush=always until the fix is out.\n\n/support workaround");
    }
    // Hardly any old ticket stays open.
    const bool young = now_ - at_ < absl::Hours(24 * 12);
    const absl::Duration fix = priority_ == 1   ? absl::Hours(late ? 60 : 12)
                               : priority_ == 2 ? absl::Hours(24 * (late ? 8 : 3))
                                                : absl::Hours(24 * 7);
    if ((!Chance(young ? 70 : 98)) || !Pass(Between(absl::Hours(1), fix))) return;
    Close();
    if (Chance(5) && Pass(Between(absl::Hours(20), absl::Hours(80)))) {
      news_.facts.push_back(MakeReopened(By(), author_, Moment::At(at_)));
      Say(author_, "It is back after the second restart.");
      if (Pass(Between(absl::Minutes(10), absl::Hours(2)))) {
        Say(responder_, "You are right: the second replica has its own cache. Here is a patch.");
      }
      if (Pass(Between(absl::Hours(4), absl::Hours(40)))) Close();
    }
  }

  // A ticket of the community.
  void Chat() {
    if (Chance(70) && Pass(Between(absl::Hours(3), absl::Hours(200)))) {
      Say(responder_, "The setting is described in the manual, chapter 7. Does it help?");
      if (Chance(50) && Pass(Between(absl::Hours(2), absl::Hours(80)))) Say(author_, "Thanks!");
    }
    if (Chance(75) && Pass(Between(absl::Hours(4), absl::Hours(24 * 12)))) Close();
  }

  void Close() {
    news_.facts.push_back(MakeClosed(By(), "completed", responder_, Moment::At(at_)));
  }

  std::mt19937_64 random_;
  absl::Time now_;
  TicketKey key_;
  std::string path_;
  absl::Time at_;
  std::optional<std::size_t> customer_;
  Actor author_;
  Actor responder_;
  int priority_ = 3;
  int comments_ = 0;
  pipeline::News news_;
};

class QuarterPlay {
 public:
  QuarterPlay(const Config& config, Store& store, ReplayClock& clock, TermsHistory terms, Log& log)
      : store_(store),
        clock_(clock),
        judge_(store, clock, log, metrics_, terms_, Slots(config)),
        timers_(judge_, store, clock, log, metrics_, terms_,
                {.at_once = std::numeric_limits<std::size_t>::max() / 2}) {
    terms_.Set(std::move(terms));
  }

  absl::Status Play(const std::vector<QuarterTicket>& tickets, absl::Time now) {
    for (const QuarterTicket& ticket : tickets) {
      if (absl::Status passed = PassTimeUntil(ticket.last()); !passed.ok()) return passed;
      if (const auto judged = judge_.Decide(ticket.key(), ticket.news()); !judged.ok()) {
        return judged.status();
      }
    }
    if (absl::Status passed = PassTimeUntil(now); !passed.ok()) return passed;
    return ForgetNotices();
  }

 private:
  static std::vector<pipeline::ForgeSlot> Slots(const Config& config) {
    std::vector<pipeline::ForgeSlot> slots;
    for (const ForgeConfig& forge : config.forges) {
      slots.push_back({forge.name, forge.kind, nullptr});
    }
    return slots;
  }

  // Judges what falls due, each at its own instant.
  absl::Status PassTimeUntil(absl::Time until) {
    for (;;) {
      const auto next = timers_.NextWake();
      if (!next.ok()) return next.status();
      if (*next > until) break;
      clock_.MoveTo(*next);
      const auto run = timers_.RunDue();
      if (!run.ok()) return run.status();
      if (*run == 0) break;
    }
    clock_.MoveTo(until);
    return absl::OkStatus();
  }

  // People were told at the time.
  absl::Status ForgetNotices() {
    for (;;) {
      const auto notices = store_.ReadNotices(1000);
      if (!notices.ok()) return notices.status();
      if (notices->empty()) return absl::OkStatus();
      for (const Notice& notice : *notices) {
        if (absl::Status told = store_.FinishNotice(notice.id, {}); !told.ok()) return told;
      }
    }
  }

  Store& store_;
  ReplayClock& clock_;
  NoMetrics metrics_;
  pipeline::TermsHolder terms_;
  pipeline::Judge judge_;
  pipeline::Timers timers_;
};

}  // namespace

std::vector<ProjectRef> QuarterProjects() {
  return {{"github", "acme/storage-engine"}, {"github", "acme/drivers"}};
}

std::map<std::string, std::string> QuarterPolicyFiles(absl::Time now) {
  std::map<std::string, std::string> files = {
      {"policy/plans/silver.yml",
       "calendars: [always]\ncovers: [issue]\npromises:\n"
       "  P1: {first_response: 1h, workaround: 12h, resolution: 5d}\n"
       "  P2: {first_response: 4h, resolution: 20d}\n"
       "  P3: {first_response: 1d, resolution: 40d}\n"
       "default_priority: P3\nwarn_at: [75%]\nescalation: [{at: 100%, notify: [lead]}]\n"},
      {"policy/plans/bronze.yml",
       "calendars: [paris]\ncovers: [issue]\npromises:\n"
       "  P1: {first_response: 1bd}\n  P2: {first_response: 1bd}\n  P3: {first_response: 2bd}\n"
       "default_priority: P3\n"}};
  for (const std::string_view team : {"storage", "drivers"}) {
    std::string members;
    for (const Responder& responder : kResponders) {
      if (responder.team != team) continue;
      absl::StrAppend(&members, members.empty() ? "" : ", ",
                      "\"github:", base::View(responder.login), "\"");
    }
    files[absl::StrCat("policy/teams/", base::View(team), ".yml")] =
        absl::StrCat("members: [", members, "]\n");
  }
  for (std::size_t i = 0; i < kCompanies.size(); ++i) {
    const Company& company = kCompanies[i];
    files[absl::StrCat("policy/customers/", base::View(company.id), ".yml")] =
        absl::StrCat("alias: c-q", 100 + i, "\nname: ", base::View(company.name),
                     "\nplan: ", base::View(kPlans[i % std::size(kPlans)]),
                     "\ntime_zone: ", base::View(company.zone),
                     "\nterm: {from: ", DayOf(now - absl::Hours(24 * (kQuarterDays + 20))),
                     ", until: ", DayOf(now + absl::Hours(24 * (20 + 10 * static_cast<int>(i)))),
                     "}\ncontacts: {logins: [\"github:", base::View(company.contact),
                     "\"]}\nvisibility: private\n");
  }
  return files;
}

absl::Status PlayQuarter(const Config& config, const std::vector<ProjectKey>& keys, absl::Time now,
                         Log& log) {
  ReplayClock clock;
  clock.MoveTo(now - absl::Hours(24 * (kQuarterDays + 1)));
  NoMetrics metrics;
  auto service = Service::Open(config, clock, log, metrics, Service::Parts::kStore);
  if (!service.ok()) return service.status();
  // The policy is in force from the quarter's beginning on.
  if (const PolicyState state = (*service)->LoadPolicy(); !state.status.ok()) return state.status;
  Store& store = (*service)->store();
  const std::vector<ProjectRef> projects = QuarterProjects();
  for (std::size_t i = 0; i < keys.size(); ++i) {
    ProjectRecord project;
    project.key = keys[i];
    project.path = projects[i].path;
    project.url = absl::StrCat("https://forge.example/", project.path);
    project.first_seen = clock.Now();
    if (absl::Status saved = store.SaveProject(project); !saved.ok()) return saved;
  }
  std::vector<QuarterTicket> tickets;
  tickets.reserve(kTickets);
  for (int number = 1; number <= kTickets; ++number) tickets.emplace_back(keys, number, now);
  std::sort(tickets.begin(), tickets.end(), [](const QuarterTicket& a, const QuarterTicket& b) {
    return std::make_pair(a.last(), a.key()) < std::make_pair(b.last(), b.key());
  });
  return QuarterPlay(config, store, clock, (*service)->desk().terms(), log).Play(tickets, now);
}

}  // namespace retainer::cli
