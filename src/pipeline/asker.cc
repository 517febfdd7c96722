#include "src/pipeline/asker.h"

#include <iterator>
#include <utility>
#include <vector>

namespace retainer::pipeline {
namespace {

constexpr std::size_t kRefilledAtOnce = 256;

std::optional<TicketInfo> Newer(const std::optional<TicketInfo>& a,
                                const std::optional<TicketInfo>& b) {
  if (a && b && b->updated_at > a->updated_at) return b;
  return a ? a : b;
}

// Adds an earlier decision to a later one, so that both are printed as one.
void Join(Judged earlier, Judged* judged) {
  Decision& whole = judged->decision;
  const Decision& first = earlier.decision;
  whole.new_facts.insert(whole.new_facts.begin(), first.new_facts.begin(), first.new_facts.end());
  whole.record.facts.insert(whole.record.facts.begin(), first.record.facts.begin(),
                            first.record.facts.end());
  whole.record.changes.insert(whole.record.changes.begin(), first.record.changes.begin(),
                              first.record.changes.end());
  judged->successors.insert(judged->successors.begin(),
                            std::make_move_iterator(earlier.successors.begin()),
                            std::make_move_iterator(earlier.successors.end()));
}

}  // namespace

Asker::Asker(Judge& judge, Inquiries& inquiries, AskQueue& queue, Store& store, Clock& clock,
             const TraceBook* traces)
    : judge_(judge),
      inquiries_(inquiries),
      queue_(queue),
      store_(store),
      clock_(clock),
      traces_(traces) {}

absl::StatusOr<bool> Asker::RunOnce(const std::string& forge, Sake sake) {
  const std::optional<TicketKey> key = queue_.Take(forge, sake);
  if (!key) return false;
  const auto asked = Ask(*key, sake);
  queue_.Done(*key, sake);
  if (!asked.ok()) return asked.status();
  return true;
}

absl::StatusOr<std::optional<Judged>> Asker::Ask(const TicketKey& key, Sake sake) {
  const base::ActiveTrace trace(traces_ == nullptr ? nullptr : traces_->tracer(),
                                traces_ == nullptr ? std::nullopt : traces_->Find(key));
  const base::SpanScope span("ask forge");
  std::optional<Judged> last;
  for (int round = 1; round <= kMaxRounds; ++round) {
    auto stored = store_.LoadTicket(key);
    if (!stored.ok()) return stored.status();
    const OpenQuestions& open = stored->record.asks;
    if (!(sake == Sake::kEverybody ? open.ask_everybody : open.ask_hidden)) break;
    if (sake == Sake::kEverybody) (void)inquiries_.Self(key.forge);
    auto context = judge_.Context(key, stored->record);
    if (!context.ok()) return context.status();
    auto project = store_.FindProject({key.forge, key.project});
    if (!project.ok()) return project.status();
    const std::string installation = *project ? (*project)->installation_id : std::string();

    News news;
    news.answers = true;
    bool complete = true;
    const AskedOf of{*context, installation, stored->facts};
    for (const Question& question : sake == Sake::kEverybody ? open.everybody : open.hidden) {
      if (question.kind == Question::Kind::kOwner) {
        const Login login{key.forge, question.actor.login};
        const auto id = inquiries_.OwnerOf(login, sake);
        if (id) news.pins.emplace_back(login, *id);
        complete = complete && id;
        continue;
      }
      std::optional<TicketInfo> seen;
      complete &= inquiries_.Answer(question, sake, of, clock_.Now(), &news.facts, &seen);
      news.ticket = Newer(news.ticket, seen);
    }
    // Decide with what is known now; the rest is asked when the ticket wakes up.
    if (!complete || round == kMaxRounds) news.asked = sake;
    auto judged = judge_.Decide(key, news);
    if (!judged.ok()) return judged.status();
    if (last) Join(*std::move(last), &*judged);
    last = *std::move(judged);
    if (news.asked) break;
  }
  return last;
}

absl::StatusOr<Judged> Asker::DecideAndAsk(const TicketKey& key, const News& news) {
  const auto ask = [&](Sake sake, Judged* judged) {
    auto more = Ask(key, sake);
    if (!more.ok()) return more.status();
    if (!*more) return absl::OkStatus();
    Join(std::move(*judged), &**more);
    *judged = **std::move(more);
    return absl::OkStatus();
  };
  queue_.Claim(key, Sake::kEverybody);
  auto judged = judge_.Decide(key, news);
  absl::Status status = judged.status();
  if (status.ok()) status = ask(Sake::kEverybody, &*judged);
  queue_.Done(key, Sake::kEverybody);
  if (!status.ok()) return status;
  queue_.Claim(key, Sake::kHidden);
  status = ask(Sake::kHidden, &*judged);
  queue_.Done(key, Sake::kHidden);
  if (!status.ok()) return status;
  return judged;
}

absl::Status Asker::Refill(const std::string& forge) {
  std::optional<TicketKey> after;
  for (;;) {
    auto page = store_.FindAsks(forge, after, kRefilledAtOnce);
    if (!page.ok()) return page.status();
    for (const TicketRecord& record : *page) {
      if (record.asks.ask_everybody) queue_.Push(record.key, Sake::kEverybody);
      if (record.asks.ask_hidden) queue_.Push(record.key, Sake::kHidden);
    }
    if (page->size() < kRefilledAtOnce) return absl::OkStatus();
    after = page->back().key;
  }
}

}  // namespace retainer::pipeline
