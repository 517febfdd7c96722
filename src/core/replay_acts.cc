// What no single fact shows: acts that a forge reports in two parts, undone acts, and words that
// count later than they were said.
#include <algorithm>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "replayer.h"
#include "retainer/names.h"

namespace retainer::core {
namespace {

// The largest time between the parts of one act: one click, two requests of a busy forge.
constexpr absl::Duration kOneAct = absl::Seconds(5);

}  // namespace

void Replayer::InferComments(std::vector<Step>* steps) {
  const auto tells = [](const Fact& edit) {
    return edit.kind == FactKind::kCommentEdited && edit.before && edit.created &&
           *edit.created <= edit.at && edit.author != Actor();
  };
  absl::flat_hash_set<absl::string_view> missing;
  for (const Step& step : *steps) {
    if (tells(*step.fact)) missing.insert(step.fact->subject);
  }
  for (const Step& step : *steps) {
    if (step.fact->kind == FactKind::kComment) missing.erase(step.fact->subject);
  }
  if (missing.empty()) return;
  const std::size_t count = steps->size();
  for (std::size_t i = 0; i < count; ++i) {
    const Fact& edit = *(*steps)[i].fact;
    if (!tells(edit) || missing.erase(edit.subject) == 0) continue;
    auto comment = std::make_shared<Fact>();
    comment->kind = FactKind::kComment;
    comment->id = MakeFactId(comment->kind, edit.subject, "");
    // Nobody knows whether the commands were in the first version: do not run them.
    comment->provenance = Provenance::kBackfill;
    comment->at = *edit.created;
    comment->actor = comment->author = edit.author;
    comment->subject = edit.subject;
    comment->internal = edit.internal;
    comment->text = *edit.before;
    t_.flags.insert(absl::StrCat(edit.subject, " is known by an edit only"));
    steps->push_back({comment.get(), roster_.Find(comment->actor)});
    t_.inferred.push_back(std::move(comment));
  }
  std::sort(steps->begin(), steps->end(), [](const Step& a, const Step& b) {
    return std::tie(a.fact->at, a.fact->id) < std::tie(b.fact->at, b.fact->id);
  });
}

bool Replayer::OpensAnAct(const Fact& fact) const {
  if (fact.kind == FactKind::kClosed) return true;
  if (fact.kind != FactKind::kLabelAdded) return false;
  const Terms& terms = *terms_[TermsIndexAt(terms_, fact.at)];
  return FoldName(fact.subject) == terms.index->labels().waiting;
}

void Replayer::JoinActs(std::vector<Step>* steps) {
  bool joined = false;
  // Backwards, so that the steps before `i` still have the forge's times.
  for (std::size_t i = steps->size(); i-- > 0;) {
    Step& step = (*steps)[i];
    if (step.fact->kind != FactKind::kComment || step.actor == kNobody) continue;
    absl::Time act = step.fact->at;
    for (std::size_t k = i; k-- > 0;) {
      const Step& before = (*steps)[k];
      if (before.fact->at + kOneAct < step.fact->at) break;
      const bool theirs = before.actor == step.actor;
      // If another person speaks in between, the later comment answers that person.
      const bool speaks = before.fact->kind == FactKind::kComment && !theirs;
      if (speaks && before.fact->at < step.fact->at) break;
      if (theirs && OpensAnAct(*before.fact)) act = before.fact->at;
    }
    if (act == step.fact->at) continue;
    auto comment = std::make_shared<Fact>(*step.fact);
    comment->at = act;
    step.fact = comment.get();
    t_.inferred.push_back(std::move(comment));
    joined = true;
  }
  if (!joined) return;
  std::sort(steps->begin(), steps->end(), [](const Step& a, const Step& b) {
    return std::tie(a.fact->at, a.fact->id) < std::tie(b.fact->at, b.fact->id);
  });
}

void Replayer::UndoAct(const Fact& fact, const Command& command) {
  // One undo per replay, because this one can change what a later one takes back.
  if (undone_.undos.contains(fact.id) || !t_.undone.empty()) return;
  const Customer* customer = policy().FindCustomer(command.argument);
  const bool of_claim = command.name == CommandName::kClaim;
  const Fact* act = nullptr;
  for (const Stint& stint : t_.stints) {
    if (customer == nullptr || stint.customer != customer->id) continue;
    if (of_claim && stint.by_command) act = stint.start_fact;
    if (!of_claim && stint.ended_by_hand) act = stint.end_fact;
  }
  if (act == nullptr) {
    const Judgement judgement{Role::kResponder, 0};
    return Refuse(
        fact, judgement, absl::StrCat("undo ", of_claim ? "claim " : "release ", command.argument),
        of_claim
            ? "nobody claimed it by hand: use release to end a claim that came with the opening"
            : "nobody ended such a claim by hand");
  }
  t_.undone.undos.insert(fact.id);
  t_.undone.acts.insert({act->id, customer->id});
}

void Replayer::UndoExcuse(const Fact& fact, Metric metric, const std::string& customer) {
  const std::size_t taken_back = std::erase_if(t_.excuses, [&](const Excuse& excuse) {
    return excuse.metric == metric && excuse.customer == customer;
  });
  if (taken_back > 0) return;
  Refuse(fact, {Role::kResponder, 0}, absl::StrCat("undo excuse ", View(MetricName(metric))),
         "there is no such excuse");
}

void Replayer::Advance(absl::Time until) {
  for (;;) {
    const bool more_terms = now_ + 1 < terms_.size() && terms_[now_ + 1]->effective <= until;
    const bool more_joinings = !joinings_.empty() && joinings_.back() <= until;
    if (more_terms && (!more_joinings || terms_[now_ + 1]->effective <= joinings_.back())) {
      TermsChanged(now_ + 1);
    } else if (more_joinings) {
      AuthorJoined(joinings_.back());
      joinings_.pop_back();
    } else {
      return;
    }
  }
}

void Replayer::AuthorJoined(absl::Time at) {
  if (t_.opened && t_.open && t_.successor.empty()) ClaimFromOpening(now_, at, nullptr);
}

void Replayer::HearJoiners(absl::Time at) {
  const std::map<ActorIndex, const Fact*> said = unheard_;
  for (const auto& [actor, fact] : said) {
    if (!roster_.IsInTeam(actor, now_)) continue;
    const Judgement judgement = roster_.Judge(actor, now_, claimants_, epoch_, at);
    if (judgement.role != Role::kResponder) continue;
    unheard_.erase(actor);
    Happening answer{HappeningKind::kAnswer, at, fact, actor, judgement.role, judgement.slots};
    answer.joined = true;
    t_.happenings.push_back(answer);
    last_answer_ = fact->subject;
  }
}

}  // namespace retainer::core
