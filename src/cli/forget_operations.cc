#include "src/cli/forget_operations.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "retainer/names.h"
#include "retainer/subscriber.h"

namespace retainer::cli {
namespace {

using Json = nlohmann::ordered_json;

Json TracesJson(const store::Traces& traces) {
  return {{"tickets", traces.tickets},   {"facts", traces.facts},
          {"texts", traces.texts},       {"customers", traces.customers},
          {"policies", traces.policies}, {"deliveries", traces.deliveries},
          {"notices", traces.notices},   {"rows", traces.rows},
          {"ledger", traces.ledger}};
}

std::string TracesText(const store::Traces& traces) {
  return absl::StrCat("  tickets                         ", traces.tickets,
                      "\n  facts of tickets                ", traces.facts,
                      "\n  texts, kept for the search      ", traces.texts,
                      "\n  facts and contacts of customers ", traces.customers,
                      "\n  policies of the past            ", traces.policies,
                      "\n  deliveries not decided          ", traces.deliveries,
                      "\n  notices                         ", traces.notices,
                      "\n  sessions, pins, links, overrides ", traces.rows,
                      "\n  records of the ledger           ", traces.ledger, "\n");
}

// A digest's key that is used once, to find names in texts.
constexpr char kKey[] = "names of one person";

Forgotten MakeNeedle(const store::Person& person) {
  const Forgotten::Keyed keyed = store::KeyedBy(kKey);
  std::map<std::string, Forgotten::Name> names;
  const auto add = [&](Forgotten::Kind kind, const std::string& forge, const std::string& name) {
    names[Forgotten::Digest(keyed, kind, forge, name)] = {"x", name.size(), person.ids.empty()};
  };
  for (const std::string& id : person.ids) add(Forgotten::Kind::kId, person.forge, id);
  for (const std::string& login : person.logins) add(Forgotten::Kind::kLogin, person.forge, login);
  for (const std::string& mail : person.mails) add(Forgotten::Kind::kMail, "", mail);
  return Forgotten(keyed, std::move(names));
}

// Where the policy in force names the person: `customers.yaml:12`.
absl::StatusOr<std::vector<std::string>> PlacesInPolicy(store::DiskStore& store,
                                                        const store::Person& person) {
  std::vector<std::string> places;
  const auto stored = store.LoadTerms();
  if (!stored.ok()) return stored.status();
  if (stored->empty()) return places;
  const Forgotten needle = MakeNeedle(person);
  for (const auto& [file, text] : stored->back().files) {
    std::size_t number = 0;
    std::size_t from = 0;
    while (from < text.size()) {
      const std::size_t end = std::min(text.find('\n', from), text.size());
      std::string line = text.substr(from, end - from);
      ++number;
      if (needle.ApplyToText(person.forge, &line))
        places.push_back(absl::StrCat(file, ":", number));
      from = end + 1;
    }
  }
  return places;
}

absl::Status RefuseWhoIsNeeded(const ForgetParts& parts, const store::Person& person) {
  const auto places = PlacesInPolicy(parts.store, person);
  if (!places.ok()) return places.status();
  if (!places->empty()) {
    return absl::FailedPreconditionError(
        absl::StrCat("the policy in force names the person in ", absl::StrJoin(*places, ", "),
                     ": take the name out, `retainer reload`, then try again"));
  }
  const auto pins = parts.store.LoadPins();
  if (!pins.ok()) return pins.status();
  const absl::Time now = parts.clock.Now();
  const TermsHistory terms = parts.desk.terms();
  for (const std::string& id : person.ids) {
    for (const JoinedTime& time : pins->JoinedBy(person.forge, id)) {
      if (now < time.since || now >= time.until) continue;
      return absl::FailedPreconditionError(
          absl::StrCat("the person is a contact of ", time.customer,
                       " by having joined: `retainer customer remove ", time.customer, " ",
                       person.forge, ":", id, "`, then try again"));
    }
    const std::string paying = SubscriberId({person.forge, {id, "", false}});
    if (!terms.empty() && terms.back()->policy.FindCustomer(paying) != nullptr) {
      return absl::FailedPreconditionError(
          absl::StrCat("the account pays on the forge, and is the customer ", paying,
                       ": what was bought is a business record. Try again when it pays no more"));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<store::Traces> FinishForget(store::DiskStore& store, similar::Similar* similar,
                                           const std::function<absl::Status()>& in_rows,
                                           const Gone& stops) {
  bool told = false;
  bool dropped = false;
  for (;;) {
    if (stops()) {
      return absl::CancelledError(
          "the service ends: the rest is erased when it starts again, before it does anything "
          "else");
    }
    // Before the last step, also if an earlier process ended in front of it: nobody comes back
    // to it afterwards.
    const auto before = store.ReadForgetState();
    if (!before.ok()) return before.status();
    if (before->only_disk_left && !before->done && !dropped && similar != nullptr) {
      if (absl::Status gone = similar->DropRemoved(); !gone.ok()) return gone;
      dropped = true;
    }
    const auto state = store.ForgetSome();
    if (!state.ok()) return state.status();
    // Policies are changed first, in one part.
    if (!told && in_rows != nullptr) {
      if (absl::Status read = in_rows(); !read.ok()) return read;
    }
    told = true;
    if (state->done) return state->traces;
  }
}

absl::StatusOr<OperationResult> ForgetPerson(const ForgetParts& parts, const Json& request,
                                             const Gone& gone, const Gone& stops) {
  store::Person known;
  known.forge = Text(request, "forge");
  const std::string login = Text(request, "login");
  if (!login.empty()) known.logins.insert(FoldName(login));
  if (const std::string id = Text(request, "id"); !id.empty()) known.ids.insert(id);
  if (const auto mails = request.find("emails"); mails != request.end()) {
    for (const auto& mail : *mails) known.mails.insert(FoldName(mail.get<std::string>()));
  }
  const auto goes_on = [&] { return !gone(); };
  auto person = parts.store.FindPerson(known, goes_on);
  if (!person.ok()) return person.status();
  if (person->ids.size() > 1) {
    return absl::InvalidArgumentError(absl::StrCat("several accounts had this login, with the ids ",
                                                   absl::StrJoin(person->ids, ", "),
                                                   ": say with --id which one is meant"));
  }
  if (absl::Status needed = RefuseWhoIsNeeded(parts, *person); !needed.ok()) return needed;
  const std::string name = absl::StrCat(known.forge, ":", login);
  if (request.value("dry_run", false)) {
    const auto traces = parts.store.CountTraces(*person, goes_on);
    if (!traces.ok()) return traces.status();
    return OperationResult{
        absl::StrCat(traces->Sum() == 0 ? "Nothing is on record of " : "On record of ", name,
                     person->ids.empty() ? std::string()
                                         : absl::StrCat(" (account ", *person->ids.begin(), ")"),
                     ":\n", TracesText(*traces)),
        {{"pseudonym", nullptr}, {"traces", TracesJson(*traces)}}};
  }
  const auto pseudonym = parts.store.BeginForget(*person, Text(request, "by"), parts.clock.Now());
  if (!pseudonym.ok()) return pseudonym.status();
  const auto traces = FinishForget(parts.store, parts.similar, parts.read_terms, stops);
  parts.desk.Nudge();
  if (!traces.ok()) return traces.status();
  return OperationResult{
      absl::StrCat("What is on record of ", name, " is now of ", *pseudonym, ":\n",
                   TracesText(*traces),
                   "Not changed: backups and copies that were made before, logs, and the forge.\n"),
      {{"pseudonym", *pseudonym}, {"traces", TracesJson(*traces)}}};
}

}  // namespace retainer::cli
