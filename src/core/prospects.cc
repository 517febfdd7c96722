#include "prospects.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "roles.h"

namespace retainer::core {
namespace {

// True for a reference in a command: see the top of prospects.h.
bool IsWrittenReference(const Question& question) {
  return question.kind == Question::Kind::kReference && !question.reference.empty() &&
         (question.reference[0] == '#' || question.reference[0] == '!');
}

// One example of each kind of answer that makes a difference.
std::vector<std::string> PossibleValues(const Question& question, const TicketContext& context,
                                        const TermsHistory& terms) {
  switch (question.kind) {
    case Question::Kind::kOpening:
    case Question::Kind::kOwner:
      return {};
    case Question::Kind::kPermission:
      return {"read", "write"};
    case Question::Kind::kMembership:
      return {"no", "yes"};
    case Question::Kind::kProfile: {
      std::set<std::string> addresses = {""};
      for (const auto& version : terms) {
        for (const Customer& customer : version->policy.customers) {
          for (const std::string& rule : customer.contacts.emails) {
            addresses.insert(rule.starts_with("@") ? absl::StrCat("somebody", rule) : rule);
          }
        }
      }
      return {addresses.begin(), addresses.end()};
    }
    case Question::Kind::kReference:
      // Id 0: no project has it.
      return {"", ToString(TicketKey{context.key.forge, "0", TicketKind::kIssue, 1})};
  }
  return {};
}

Fact Supposed(const Question& question, std::string value, absl::Time now) {
  Fact fact;
  fact.provenance = Provenance::kNetwork;
  fact.at = now;
  fact.actor = question.actor;
  fact.subject =
      question.actor.id.empty() ? absl::StrCat("@", question.actor.login) : question.actor.id;
  fact.value = std::move(value);
  fact.expires = absl::InfiniteFuture();
  switch (question.kind) {
    case Question::Kind::kOpening:
    case Question::Kind::kOwner:
    case Question::Kind::kPermission:
      fact.kind = FactKind::kPermission;
      break;
    case Question::Kind::kMembership:
      fact.kind = FactKind::kMembership;
      absl::StrAppend(&fact.subject, " ", question.organization);
      break;
    case Question::Kind::kProfile:
      fact.kind = FactKind::kProfile;
      break;
    case Question::Kind::kReference:
      fact.kind = FactKind::kReference;
      fact.actor = {};
      fact.expires.reset();
      // An answer "nowhere" applies only to references before it.
      fact.at = absl::InfiniteFuture();
      fact.subject = question.reference;
      break;
  }
  fact.id = MakeFactId(fact.kind, fact.subject, "supposed");
  return fact;
}

bool IsSame(const Notice& a, const Notice& b) {
  const auto parts = [](const Notice& n) {
    return std::tie(n.id, n.kind, n.ticket, n.customer, n.metric, n.at, n.due, n.teams, n.text,
                    n.is_private, n.withdraws, n.run, n.step);
  };
  return parts(a) == parts(b);
}

}  // namespace

struct Prospects::Explorer {
  // Limits recursion: an answer may lead to another question.
  static constexpr std::size_t kMostAnswered = 16;

  const TicketContext& context;
  const TermsHistory& terms;
  const Pins& pins;
  const absl::Time now;
  std::deque<Standing>& made;

  // Checks the number of combinations of the present questions. Answers may add or settle
  // questions.
  bool AreTooMany(const Standing& standing) const {
    std::size_t ways = 1;
    for (const Question& question : standing.questions) {
      if (IsWrittenReference(question)) continue;
      ways *= PossibleValues(question, context, terms).size();
      if (ways == 0 || ways > kMostWays) return true;
    }
    return false;
  }

  // Returns false if there are too many.
  bool Explore(Standing standing, std::size_t answered = 0) {
    if (answered > kMostAnswered) return false;
    const auto open =
        std::find_if_not(standing.questions.begin(), standing.questions.end(), IsWrittenReference);
    if (open == standing.questions.end()) {
      if (made.size() == kMostWays) return false;
      standing.questions.clear();
      made.push_back(std::move(standing));
      return true;
    }
    const Question question = *open;
    for (std::string& value : PossibleValues(question, context, terms)) {
      FactSet facts = standing.facts;
      facts.Add(Supposed(question, std::move(value), now));
      Standing next = EvaluateAsKnown(context, facts, terms, pins, now);
      if (!Explore(std::move(next), answered + 1)) return false;
    }
    return true;
  }
};

Prospects::Prospects(const TicketContext& context, const TermsHistory& terms, const Pins& pins,
                     absl::Time now, const Standing& known) {
  if (known.questions.empty()) {
    ways_.push_back(&known);
    return;
  }
  Explorer explorer{context, terms, pins, now, made_};
  if (explorer.AreTooMany(known) || !explorer.Explore(known)) return;
  for (const Standing& way : made_) ways_.push_back(&way);
}

CommonNotices Compare(std::vector<std::vector<Notice>> by_way) {
  CommonNotices common;
  if (by_way.size() == 1) {
    common.agreed = std::move(by_way[0]);
    return common;
  }
  std::map<std::string, std::vector<Notice>> by_id;
  for (std::vector<Notice>& notices : by_way) {
    for (Notice& notice : notices) {
      std::vector<Notice>& same = by_id[notice.id];
      same.push_back(std::move(notice));
    }
  }
  for (auto& entry : by_id) {
    std::vector<Notice>& same = entry.second;
    const bool agreed = same.size() == by_way.size() &&
                        std::all_of(same.begin(), same.end(),
                                    [&](const Notice& one) { return IsSame(one, same[0]); });
    if (agreed) {
      common.agreed.push_back(std::move(same[0]));
    } else {
      common.held.insert(entry.first);
    }
  }
  return common;
}

}  // namespace retainer::core
