// A notice and its ticket.
#pragma once

#include "absl/time/time.h"
#include "retainer/standing.h"
#include "src/sinks/words.h"

namespace retainer::sinks {

inline Notice SampleNotice() {
  Notice notice;
  notice.id = "breach github/1296269/issue/12 acme first_response opened";
  notice.kind = NoticeKind::kBreach;
  notice.ticket = {"github", "1296269", TicketKind::kIssue, 12};
  notice.customer = "acme";
  notice.metric = Metric::kFirstResponse;
  notice.due = absl::FromUnixSeconds(1772451000);
  notice.at = notice.due + absl::Seconds(60);
  notice.teams = {"core", "lead"};
  notice.text = "acme: first_response (4h, P1) was due 2026-03-02T11:30:00Z and is late";
  notice.is_private = false;
  notice.ref = "github:acme/opendb#12";
  notice.url = "https://github.com/acme/opendb/issues/12";
  return notice;
}

inline TicketName SampleTicket() {
  return {"github:acme/opendb#12", "https://github.com/acme/opendb/issues/12"};
}

}  // namespace retainer::sinks
