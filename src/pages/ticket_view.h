// A ticket as pages show it: its claims with their promises, and what happened. Pure.
#pragma once

#include <string>
#include <vector>

#include "src/pipeline/desk.h"
#include "templates/page_renderer.h"

namespace retainer::pages {

inline constexpr std::size_t kMostHistory = 200;

// What both pages of a ticket begin with. `zone` is IANA; `note`: what to tell the visitor; may be
// empty.
templates::PageValues HeadValues(const pipeline::Inspection& inspection, const TicketRef& ref,
                                 absl::TimeZone zone, const std::string& zone_name,
                                 const std::string& csrf, const std::string& note);

// One entry for each claim: whose, the plan, the priority and why, each promise with its state in
// words, and a chart.
std::vector<templates::PageValues> ClaimValues(const pipeline::Inspection& inspection,
                                               absl::TimeZone zone);

// What happened, the latest first: when, who, and what kind of thing. No text that a person wrote,
// except the reason of an act on a page. Answers of the forge, what we did ourselves, and what is
// older than the last kMostHistory are left out.
// `customer`: only what this customer may know of who people are; empty: everything.
std::vector<templates::PageValues> HistoryValues(const pipeline::Inspection& inspection,
                                                 absl::TimeZone zone, const std::string& customer);

// The explanation, cut at the end of a line if it is too long for a page.
std::string ShownExplanation(const std::string& explanation);

// The state of a promise in one sentence: `first reply by today 10:02`, `first reply: took 42m of
// 1h`.
std::string PromiseSentence(const PromiseClock& clock, absl::Time now, absl::TimeZone zone);

}  // namespace retainer::pages
