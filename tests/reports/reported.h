// A desk whose tickets are reported.
#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "src/reports/report.h"
#include "tests/pipeline/world.h"

namespace retainer::reports {

using pipeline::At;
using pipeline::kAlice;
using pipeline::kDave;
using pipeline::kErin;
using pipeline::MakePolicy;
using pipeline::MakeTerms;
using pipeline::World;

inline const Actor kGina{"44", "gina", false};  // a contact of globex

// Private acme (dave) and public globex (gina) on gold; eight tickets at most an hour apart.
class Reported : public World {
 protected:
  static Policy TwoCustomers(bool with_acme = true) {
    Policy policy = MakePolicy(/*is_public=*/false);
    Customer globex = policy.customers[0];
    globex.id = "globex";
    globex.alias = "c-111";
    globex.name = "Globex";
    globex.contacts.logins = {{"github", "gina"}};
    globex.is_public = true;
    if (!with_acme) policy.customers.clear();
    policy.customers.push_back(globex);
    return policy;
  }

  Reported() {
    SetPolicy(TwoCustomers());
    // Adopted before the first ticket, so that all of them count.
    const absl::Status saved =
        store.SaveProject({{"github", "77"}, "acme/opendb", "", false, "5", At(-60)});
    EXPECT_TRUE(saved.ok()) << saved;
  }

  void SetPolicy(Policy policy) { terms.Set({MakeTerms("v1", At(-60 * 24), std::move(policy))}); }

  // Opens a ticket at a minute and has alice answer it; a negative one: she does not.
  void Ticket(std::int64_t number, const Actor& author, int opened, int answered,
              const std::string& title = "It breaks") {
    std::vector<Fact> facts = {Opened(author, opened)};
    if (answered >= 0) {
      facts.push_back(Commented(kAlice, answered, std::to_string(1000 + number),
                                "The index is broken. Please rebuild it."));
    }
    Event event = MakeEvent(number, author, std::move(facts));
    event.ticket->title = title;
    clock.Set(std::max(clock.Now(), At(std::max(opened, answered))));
    Deliver(absl::StrCat("d", number), std::move(event));
    Work();
  }

  ReportSources Sources() {
    return {store,
            [this](const TicketKey& key, const TicketRecord& record) {
              return judge->Context(key, record);
            },
            terms.Get(), clock.Now()};
  }
  static DaySpan March() { return {absl::CivilDay(2026, 3, 1), absl::CivilDay(2026, 3, 31)}; }
};

}  // namespace retainer::reports
