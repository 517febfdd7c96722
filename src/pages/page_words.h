// How the pages say instants, spans, states and names. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "retainer/ids.h"
#include "retainer/policy.h"
#include "retainer/standing.h"
#include "retainer/ticket_record.h"
#include "templates/page_renderer.h"

namespace retainer::pages {

// `today 10:02`, `Tue 3 Mar 10:02`, `Tue 3 Mar 2026 10:02`: no more than is needed at `now`. Empty
// for an infinite instant.
std::string InstantWords(absl::Time at, absl::Time now, absl::TimeZone zone);
// `3h 05m`, `12m`, `4d 2h`, of physical time, rounded down.
std::string SpanWords(absl::Duration span);
// `in 3h 05m`, `3h 05m late`.
std::string LeftWords(absl::Time due, absl::Time now);
// `2 business days` for `2bd`, else as written.
std::string TargetWords(const Target& target);
// The style's class for a state: `late`, `risk`, `going`, `still`, `kept`, `missed`, `over`.
std::string_view StateClass(ClockState state);

TicketRef RefOf(const TicketRecord& record);
// `/desk/ticket?ref=github%3Aacme%2Fopendb%2312`
std::string AddressOf(std::string_view page, const TicketRef& ref);
// The address on the forge; empty if it is none that a browser should follow.
std::string SafeUrl(const std::string& url);
// The title, or the reference if it is not known.
std::string TitleOf(const TicketRecord& record);
// The id's name; the id itself if the policy has no such customer.
std::string CustomerName(const Policy& policy, const std::string& id);

// HTML that makes the text stand for itself, between tags and in quoted attributes.
std::string EscapeHtml(std::string_view text);

// An option of a select.
templates::PageValues Option(const std::string& value, const std::string& name, bool chosen);

// What a person typed, on one line: runs of blanks, line ends and control characters become one
// blank, and what is not UTF-8 becomes nothing at all. Rationale: it is shown in lists of lines.
std::string OneLine(std::string_view typed);

}  // namespace retainer::pages
