#include "src/pipeline/mentions.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "retainer/fact_builders.h"
#include "src/pipeline/dispatcher.h"
#include "src/pipeline/noise_count.h"
#include "src/pipeline/ticket_names.h"

namespace retainer::pipeline {
namespace {

// Wrong credentials will be repaired some day. Other errors of a sink are final.
absl::Status Mendable(const absl::Status& status) {
  return absl::IsFailedPrecondition(status) ? absl::UnavailableError(status.message()) : status;
}

}  // namespace

MentionSink::MentionSink(Judge& judge, Store& store, const Renderer& renderer, Clock& clock,
                         Log& log, Metrics& metrics, const TermsHolder& terms,
                         RightOfWay& right_of_way, bool observe, const RestoreHold* restore_hold,
                         RateUrl rate_url)
    : judge_(judge),
      store_(store),
      renderer_(renderer),
      clock_(clock),
      log_(log),
      metrics_(metrics),
      terms_(terms),
      right_of_way_(right_of_way),
      observe_(observe),
      restore_hold_(restore_hold),
      rate_url_(std::move(rate_url)) {}

absl::Status MentionSink::Tell(const Notice& notice) {
  const TermsHistory terms = terms_.Get();
  if (terms.empty()) return absl::UnavailableError("no valid policy is in force yet");
  const auto view = PresentMention(notice, terms.back()->policy);
  if (!view) return absl::OkStatus();
  const ForgeSlot* slot = judge_.FindForge(notice.ticket.forge);
  if (slot == nullptr || slot->client == nullptr || observe_) {
    log_.Info("would mention", {{"id", notice.id}, {"ticket", NameOf(store_, notice.ticket)}});
    return absl::OkStatus();
  }
  auto record = store_.FindNotice(notice.id);
  if (!record.ok()) return record.status();
  if (!*record) return absl::NotFoundError(absl::StrCat("notice ", notice.id, " does not wait"));
  const std::string marker = MentionMarker(notice.ticket, TellingName(notice));
  MentionView said = *view;
  if (said.kind == MentionView::Kind::kRate && rate_url_) said.rate_url = rate_url_(notice.ticket);
  return Mendable(Post(*slot, **std::move(record), renderer_.RenderMention(said, marker), marker));
}

absl::Status MentionSink::Post(const ForgeSlot& slot, NoticeRecord record, const std::string& body,
                               const std::string& marker) {
  const TicketKey& ticket = record.notice.ticket;
  auto stored = store_.LoadTicket(ticket);
  if (!stored.ok()) return stored.status();
  auto context = judge_.Context(ticket, stored->record);
  if (!context.ok()) return context.status();
  auto project = store_.FindProject({ticket.forge, ticket.project});
  if (!project.ok()) return project.status();
  const RemoteTicket at =
      judge_.Remote(*context, *project ? (*project)->installation_id : std::string());

  const bool may_be_posted = restore_hold_ != nullptr && restore_hold_->MayBeTold(record.notice);
  if (record.posting_since || may_be_posted) {
    // Search from a little earlier, because the forge's clock may be behind ours.
    const absl::Time since = may_be_posted ? record.notice.at : *record.posting_since;
    auto found = slot.client->FindOwnComments(at, marker, since - kMaxAhead);
    if (!found.ok()) return found.status();
    if (!found->empty()) {
      const absl::Status remembered = Remember(slot, record.notice, found->front());
      // The answer to our create was lost, or a crash came before it was on record.
      if (remembered.ok() && record.posting_since) {
        CountNoise({store_, clock_, log_, metrics_}, ticket, NoiseKind::kMention);
      }
      return remembered;
    }
  }
  if (record.posting_since) {
    // The comment may not be listed yet, or its create may be in progress. An instant in the future
    // was written before the clock was set back: its age is unknown.
    absl::Duration age = clock_.Now() - record.posted_at.value_or(absl::InfinitePast());
    if (age < absl::ZeroDuration()) {
      age = absl::ZeroDuration();
      record.posted_at = clock_.Now();
      const absl::Status saved = store_.SaveNotice(record);
      if (!saved.ok()) return saved;
    }
    if (age < Dispatcher::kFresh) {
      return WithRetryAfter(absl::ResourceExhaustedError("the forge may not list it yet"),
                            Dispatcher::kFresh - age);
    }
  }
  const absl::Time now = clock_.Steady();
  if (const absl::Time next = slot.client->NextMutationAt(at); next > now) {
    right_of_way_.Ask(at, next);
    return WithRetryAfter(absl::ResourceExhaustedError("the forge takes no mutation yet"),
                          next - now);
  }
  // Keep the instant of the first try, because its comment may still appear.
  if (!record.posting_since) record.posting_since = clock_.Now();
  record.posted_at = clock_.Now();
  absl::Status saved = store_.SaveNotice(record);
  if (!saved.ok()) return saved;
  auto created = slot.client->CreateComment(at, body);
  right_of_way_.Done(at);
  if (!created.ok()) {
    if (!absl::IsUnavailable(created.status()) && !absl::IsDeadlineExceeded(created.status())) {
      record.posted_at.reset();  // nothing was posted
      saved = store_.SaveNotice(record);
      if (!saved.ok()) return saved;
    }
    return created.status();
  }
  metrics_.Count("retainer_mutations_total", {{"forge", slot.name}, {"what", "mention"}});
  const absl::Status remembered = Remember(slot, record.notice, *created);
  if (remembered.ok()) CountNoise({store_, clock_, log_, metrics_}, ticket, NoiseKind::kMention);
  return remembered;
}

absl::Status MentionSink::Remember(const ForgeSlot& slot, const Notice& notice,
                                   const RemoteComment& comment) {
  Fact own;
  own.kind = FactKind::kOwnComment;
  own.provenance = Provenance::kNetwork;
  own.subject = slot.kind == ForgeKind::kGitHub ? IssueCommentId(comment.id) : NoteId(comment.id);
  own.id = MakeFactId(own.kind, own.subject, "");
  own.at = clock_.Now();
  own.at_receipt = true;
  own.actor = comment.author;
  own.value = kOwnMention;
  News news;
  news.facts.push_back(std::move(own));
  return judge_.Decide(notice.ticket, news).status();
}

}  // namespace retainer::pipeline
