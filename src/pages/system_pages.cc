// Whether the desk itself is well, for the project's team.
//
//   /desk/system   GET: deliveries, what was given up, forges, policy, ledger. POST: tries one thing
//                  again
#include <algorithm>
#include <memory>
#include <string_view>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "retainer/figures.h"
#include "retainer/gaps.h"
#include "retainer/noise.h"
#include "src/base/view.h"
#include "src/pages/frame.h"
#include "src/pages/page.h"
#include "src/pages/page_words.h"
#include "src/pipeline/ticket_keys.h"
#include "src/pipeline/ticket_names.h"

namespace retainer::pages {
namespace {

using templates::PageValues;

constexpr char kSystem[] = "/desk/system";
constexpr std::size_t kMost = 50;  // of each kind
constexpr std::size_t kMostNoisy = 10;

class SystemPages {
 public:
  explicit SystemPages(const PageContext& context) : context_(context) {}

  PageAnswer Show(const PageVisit& visit) const {
    return ShowSystem(visit, visit.Asked("done").empty() ? "" : "It is tried again.", 200);
  }

  PageAnswer Retry(const PageVisit& visit) const {
    absl::Status done = absl::NotFoundError("no such kind");
    const std::string kind = visit.Field("kind");
    const std::string id = visit.Field("id");
    if (kind == "delivery") {
      std::uint64_t seq = 0;
      if (absl::SimpleAtoi(id, &seq)) done = context_.store.Requeue(visit.Field("forge"), seq);
    } else if (kind == "ticket") {
      const auto key = pipeline::ParseTicketKey(id);
      if (key) done = context_.store.ReviveFace(*key, context_.clock.Now());
    } else if (kind == "notice") {
      done = context_.store.ReviveNotice(id);
    }
    if (absl::IsNotFound(done)) {
      return ShowSystem(visit, "That is not there any more: somebody may have tried it.", 409);
    }
    if (!done.ok()) return NotNow(context_.log, "retry", done);
    context_.log.Info("tried again",
                      {{"what", absl::StrCat(kind, " ", id)}, {"by", visit.visitor->name()}});
    context_.desk.Nudge();
    return Redirect(absl::StrCat(kSystem, "?done=1"));
  }

 private:
  PageAnswer ShowSystem(const PageVisit& visit, const std::string& note, int status) const {
    PageValues values;
    values.texts["csrf"] = visit.visitor->csrf;
    values.texts["note"] = note;
    if (!note.empty()) values.Show("noted");
    const absl::Time now = context_.clock.Now();
    const TermsHistory terms = context_.desk.terms();
    const absl::TimeZone zone =
        terms.empty() ? absl::UTCTimeZone() : DeskZone(terms.back()->policy);
    AddHealth(terms, now, zone, &values);
    for (const absl::Status& added : {AddGivenUp(now, zone, &values), AddMissed(now, zone, &values),
                                      AddReadBack(now, zone, &values), AddNoise(now, &values)}) {
      if (!added.ok()) return NotNow(context_.log, "system", added);
    }
    return Page("system", "System", values, visit, status);
  }

  static void AddFact(const std::string& name, const std::string& value, bool good,
                      PageValues* values) {
    PageValues row;
    row.texts = {{"name", name}, {"value", value}};
    row.Show(good ? "good" : "bad");
    values->sections["facts"].push_back(std::move(row));
  }

  void AddHealth(const TermsHistory& terms, absl::Time now, absl::TimeZone zone,
                 PageValues* values) const {
    const pipeline::Health health = context_.desk.CheckHealth();
    values->Show(health.ready ? "ready" : "not_ready");
    AddFact("Store", health.store_error.empty() ? "can be read and written" : health.store_error,
            health.store_error.empty(), values);
    for (const std::string& damage : health.damaged) {
      AddFact("Cannot be read", damage, false, values);
    }
    std::string policy = "none is in force: deliveries are stored and wait";
    if (!terms.empty()) {
      const Terms& current = *terms.back();
      policy = absl::StrCat(current.commit.empty()
                                ? absl::StrCat("version ", current.id.substr(0, 12))
                                : absl::StrCat("commit ", current.commit.substr(0, 12)),
                            ", in force since ", InstantWords(current.effective, now, zone));
    }
    AddFact("Policy", policy, health.policy, values);
    if (!health.policy_trouble.empty()) {
      AddFact("Policy, as it was last read", health.policy_trouble, false, values);
    }
    const StoreStats& stats = health.stats;
    const bool waits_long = health.inbox_age && *health.inbox_age > absl::Minutes(5);
    AddFact("Deliveries that wait",
            health.inbox_age
                ? absl::StrCat(stats.inbox, ", the oldest for ", SpanWords(*health.inbox_age))
                : absl::StrCat(stats.inbox),
            !waits_long, values);
    AddFact("Deliveries set aside", absl::StrCat(stats.set_aside), stats.set_aside == 0, values);
    AddFact("Deliveries of projects that the policy does not cover", absl::StrCat(stats.held), true,
            values);
    AddFact("Comments and labels to be shown",
            absl::StrCat(stats.dirty_faces, " now, ", stats.backlog_faces, " later"), true, values);
    AddFact("Tickets that could not be shown", absl::StrCat(stats.dead_faces),
            stats.dead_faces == 0, values);
    AddFact("Notices to be told", absl::StrCat(stats.pending_notices), true, values);
    AddFact("Notices that could not be told", absl::StrCat(stats.dead_notices),
            stats.dead_notices == 0, values);
    AddFact("All tickets are being judged again", health.reevaluating ? "yes" : "no", true, values);
    for (const pipeline::ForgeState& forge : health.forges) {
      std::string state = forge.has_client ? "is asked and written to" : "is only listened to";
      if (!forge.worker_error.empty()) state = forge.worker_error;
      if (!forge.dispatcher_error.empty()) state = forge.dispatcher_error;
      AddFact(absl::StrCat("Forge ", forge.name), state,
              forge.worker_error.empty() && forge.dispatcher_error.empty(), values);
    }
    for (const pipeline::RefusedSender& sender : context_.desk.Refused()) {
      AddFact(absl::StrCat("Refused sender ", sender.address),
              absl::StrCat(sender.count, " times for ", sender.forge, ", last ",
                           InstantWords(sender.last, now, zone), ": ", sender.reason),
              false, values);
    }
    const auto head = context_.store.ReadLedgerHead();
    AddFact("Ledger",
            head.ok() ? absl::StrCat(head->length, " records, head ", head->digest.substr(0, 16))
                      : StatusText(head.status()),
            head.ok(), values);
  }

  static PageValues GivenUp(const std::string& kind, const std::string& id, const std::string& what,
                            const std::string& reason, const std::string& at) {
    PageValues row;
    row.texts = {{"kind", kind}, {"id", id}, {"what", what}, {"reason", reason}, {"at", at}};
    return row;
  }

  absl::Status AddGivenUp(absl::Time now, absl::TimeZone zone, PageValues* values) const {
    auto& rows = values->sections["given_up"];
    const auto aside = context_.store.ListSetAside(kMost);
    if (!aside.ok()) return aside.status();
    for (const SetAsideEntry& entry : *aside) {
      const Delivery& delivery = entry.entry.delivery;
      PageValues row = GivenUp(
          "delivery", absl::StrCat(entry.entry.seq),
          absl::StrCat("Delivery ", delivery.event_type, " of ", delivery.forge, ", ", delivery.id),
          entry.reason, InstantWords(entry.at, now, zone));
      row.texts["forge"] = delivery.forge;
      rows.push_back(std::move(row));
    }
    const auto faces = context_.store.ListDeadFaces(kMost);
    if (!faces.ok()) return faces.status();
    for (const DeadFace& face : *faces) {
      rows.push_back(GivenUp("ticket", ToString(face.ticket),
                             pipeline::NameOf(context_.store, face.ticket), face.reason,
                             InstantWords(face.at, now, zone)));
    }
    const auto labels = context_.store.ListRefusedLabels(kMost);
    if (!labels.ok()) return labels.status();
    for (const RefusedLabels& ticket : *labels) {
      for (const RefusedLabel& label : ticket.labels) {
        rows.push_back(GivenUp("ticket", ToString(ticket.ticket),
                               absl::StrCat("Label ", label.name, " on ",
                                            pipeline::NameOf(context_.store, ticket.ticket)),
                               label.reason, InstantWords(label.at, now, zone)));
      }
    }
    const auto notices = context_.store.ListDeadNotices(kMost);
    if (!notices.ok()) return notices.status();
    for (const DeadNotice& notice : *notices) {
      const Notice& told = notice.record.notice;
      rows.push_back(GivenUp("notice", told.id,
                             absl::StrCat("Notice: ", told.text.empty() ? told.id : told.text),
                             notice.reason, InstantWords(notice.at, now, zone)));
    }
    values->Show(rows.empty() ? "nothing_given_up" : "any_given_up");
    return absl::OkStatus();
  }

  // Deliveries that did not come, the last gap first.
  absl::Status AddMissed(absl::Time now, absl::TimeZone zone, PageValues* values) const {
    auto gaps = context_.store.ListGaps();
    if (!gaps.ok()) return gaps.status();
    std::sort(gaps->begin(), gaps->end(),
              [](const Gap& a, const Gap& b) { return a.found > b.found; });
    if (gaps->size() > kMost) gaps->resize(kMost);
    for (const Gap& gap : *gaps) {
      PageValues row;
      row.texts = {{"forge", gap.forge},
                   {"from", InstantWords(gap.from, now, zone)},
                   {"to", InstantWords(gap.to, now, zone)},
                   {"recovered", absl::StrCat(gap.sent_again + gap.read)},
                   {"read", absl::StrCat(gap.read)},
                   {"missing", absl::StrCat(gap.missing)},
                   {"lost", gap.unlogged ? "not known" : absl::StrCat(gap.lost)}};
      if (gap.lost + gap.missing > 0 || gap.unlogged) row.Show("bad");
      values->sections["missed"].push_back(std::move(row));
    }
    values->Show(gaps->empty() ? "nothing_missed" : "any_missed");
    return absl::OkStatus();
  }

  // The notifications that we caused this month.
  absl::Status AddNoise(absl::Time now, PageValues* values) const {
    const std::int32_t month = MonthOf(now);
    const auto noise = context_.store.ReadNoise(month, kMostNoisy);
    if (!noise.ok()) return noise.status();
    values->texts["noise_month"] =
        absl::StrCat(month / 12, "-", absl::Dec(month % 12 + 1, absl::kZeroPad2));
    values->texts["noise_sum"] = absl::StrCat(SumOf(noise->kinds));
    values->texts["noise_tickets"] = absl::StrCat(noise->tickets);
    values->texts["noise_median"] = absl::StrCat(noise->median);
    for (const auto& [kind, count] : noise->kinds) {
      PageValues row;
      row.texts = {{"kind", std::string(NoiseKindWords(kind))}, {"count", absl::StrCat(count)}};
      values->sections["noise_kinds"].push_back(std::move(row));
    }
    for (const auto& [ticket, count] : noise->noisiest) {
      const auto kinds = context_.store.ReadNoiseOf(ticket, month);
      if (!kinds.ok()) return kinds.status();
      std::string each;
      for (const auto& [kind, of_kind] : *kinds) {
        absl::StrAppend(&each, each.empty() ? "" : ", ", of_kind, " ",
                        base::View(NoiseKindName(kind)));
      }
      PageValues row;
      row.texts = {{"ticket", pipeline::NameOf(context_.store, ticket)},
                   {"count", absl::StrCat(count)},
                   {"kinds", each}};
      if (count > kNoiseBudget) row.Show("bad");
      values->sections["noisiest"].push_back(std::move(row));
    }
    values->Show(noise->noisiest.empty() ? "quiet" : "noisy");
    return absl::OkStatus();
  }

  static std::string_view NoiseKindWords(NoiseKind kind) {
    switch (kind) {
      case NoiseKind::kStatus:
        return "status comments that were created";
      case NoiseKind::kMention:
        return "comments that mention somebody";
      case NoiseKind::kAssignment:
        return "assignments";
    }
    return "";
  }

  // What is read back from the forges.
  absl::Status AddReadBack(absl::Time now, absl::TimeZone zone, PageValues* values) const {
    const auto resyncs = context_.store.ListResyncs();
    if (!resyncs.ok()) return resyncs.status();
    for (const ResyncRecord& resync : *resyncs) {
      const auto project = context_.store.FindProject(resync.project);
      if (!project.ok()) return project.status();
      PageValues row;
      row.texts = {
          {"project", ToString(ProjectRef{resync.project.forge,
                                          *project ? (*project)->path : resync.project.id})},
          {"cause", resync.cause.empty() ? std::string("it is new here") : resync.cause},
          {"read", absl::StrCat(resync.read)},
          {"state", !resync.trouble.empty() ? resync.trouble
                    : resync.finished
                        ? absl::StrCat("done ", InstantWords(*resync.finished, now, zone))
                        : std::string("being read")}};
      values->sections["gaps"].push_back(std::move(row));
      if (values->sections["gaps"].size() == kMost) break;
    }
    if (!values->sections["gaps"].empty()) values->Show("any_gap");
    return absl::OkStatus();
  }

  const PageContext context_;
};

}  // namespace

void AddSystemPages(const PageContext& context, std::vector<PageRoute>* routes) {
  const auto pages = std::make_shared<SystemPages>(context);
  routes->push_back({kSystem, [pages](const PageVisit& visit) { return pages->Show(visit); },
                     [pages](const PageVisit& visit) { return pages->Retry(visit); },
                     Needs::kTeam});
}

}  // namespace retainer::pages
