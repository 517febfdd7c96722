// Hours of customers and the work that is logged for them.
#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"
#include "retainer/hours.h"
#include "src/api/hours_json.h"
#include "src/api/routes.h"
#include "src/api/ticket_json.h"
#include "src/pipeline/ticket_names.h"

namespace retainer::api {
namespace {

using nlohmann::ordered_json;

constexpr char kUnknown[] = "The policy in force names no such customer.";
constexpr std::size_t kLongestId = 64;

// A day as YYYY-MM-DD; nullopt for anything else.
std::optional<absl::CivilDay> DayIn(const std::string& text) {
  absl::CivilDay day;
  if (text.size() != 10 || !absl::ParseCivilTime(text, &day)) return std::nullopt;
  if (absl::FormatCivilTime(day) != text) return std::nullopt;
  return day;
}

ApiAnswer NoDay(const std::string& text) {
  return Refuse(400, absl::StrCat("\"", text.substr(0, 40), "\" is no day: write YYYY-MM-DD."));
}

// The customer of a request. Nullptr: none that this caller may know of.
const Customer* CustomerFor(const Caller& caller, const TermsHistory& terms,
                            const std::string& name) {
  const Customer* customer = terms.empty() ? nullptr : terms.back()->policy.FindCustomer(name);
  return customer != nullptr && MayKnow(caller, *customer) ? customer : nullptr;
}

ApiAnswer ShowHours(const ApiContext& context, const ApiRequest& request) {
  const Caller& caller = *request.caller;
  // What people wrote about their work is not for public logs.
  if (caller.outside()) {
    return Refuse(403, "Hours are not for tokens that are limited to projects.");
  }
  std::string name = request.Get("customer");
  if (name.empty()) name = caller.customer;
  if (name.empty()) return Refuse(400, "`customer` is missing.");
  const TermsHistory terms = context.desk.terms();
  const Customer* customer = CustomerFor(caller, terms, name);
  if (customer == nullptr) return Refuse(404, kUnknown);
  std::optional<absl::CivilDay> from;
  std::optional<absl::CivilDay> until;
  for (const auto& [key, day] : {std::pair("from", &from), std::pair("until", &until)}) {
    const std::string text = request.Get(key);
    if (text.empty()) continue;
    *day = DayIn(text);
    if (!*day) return NoDay(text);
  }
  const auto stored = context.store.LoadCustomer(customer->id);
  if (!stored.ok()) return Trouble(context, request, "hours", stored.status(), "");
  const absl::Time now = context.clock.Now();
  const absl::CivilDay today = DayFor(*customer, now);
  const HoursBook book = ReadHours(customer->hours, stored->facts, today);
  ordered_json entries = ordered_json::array();
  for (const HoursEntry& entry : book.entries) {
    if ((from && entry.day < *from) || (until && entry.day > *until)) continue;
    entries.push_back(EntryJson(entry));
  }
  return JsonAnswer({{"customer", customer->id},
                     {"today", absl::FormatCivilTime(today)},
                     {"left_minutes", book.LeftAt(today)},
                     {"blocks", BlocksJson(book, today)},
                     {"entries", std::move(entries)}});
}

// The texts of a body: a flat JSON object. `wrong`: what is wrong with it; empty: nothing.
std::map<std::string, std::string> TextsIn(const std::string& body, std::string* wrong) {
  static constexpr std::array<std::string_view, 9> kKnown = {
      "customer", "time", "text", "ticket", "day", "id", "by", "correct", "reason"};
  std::map<std::string, std::string> texts;
  const ordered_json json = ordered_json::parse(body, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) {
    *wrong = "The body is no JSON object.";
    return texts;
  }
  for (const auto& [key, value] : json.items()) {
    if (std::find(kKnown.begin(), kKnown.end(), key) == kKnown.end()) {
      *wrong = absl::StrCat("\"", key.substr(0, 40),
                            "\" is unknown; known are customer, time, text, ticket, day, id, by, "
                            "correct, reason.");
    } else if (!value.is_string()) {
      *wrong = absl::StrCat("\"", key, "\" must be a text.");
    } else {
      texts[key] = value.get<std::string>();
    }
  }
  return texts;
}

// The answer to an error of logging. Its message is for people.
ApiAnswer NotLogged(const ApiContext& context, const ApiRequest& request,
                    const absl::Status& status) {
  const std::string why(status.message());
  switch (status.code()) {
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kOutOfRange:
      return Refuse(400, why);
    case absl::StatusCode::kNotFound:
      return Refuse(404, why);
    case absl::StatusCode::kResourceExhausted: {
      ApiAnswer answer = Refuse(409, why);
      answer.code = "hours_used_up";
      return answer;
    }
    default:
      return Trouble(context, request, "hours", status, "");
  }
}

ApiAnswer LogWork(const ApiContext& context, const ApiRequest& request) {
  const Caller& caller = *request.caller;
  if (caller.bound() || (caller.scope != "write" && caller.scope != "admin")) {
    return Refuse(403, "Work is logged with a token of scope write that is not limited.");
  }
  std::string wrong;
  std::map<std::string, std::string> texts = TextsIn(request.body, &wrong);
  if (!wrong.empty()) return Refuse(400, wrong);
  const TermsHistory terms = context.desk.terms();
  const Customer* customer = CustomerFor(caller, terms, texts["customer"]);
  if (customer == nullptr) return Refuse(404, kUnknown);
  const std::string by = texts["by"].empty() ? absl::StrCat("token ", caller.id) : texts["by"];
  const bool takes_back = !texts["correct"].empty() && texts["time"] == "0m";
  const auto time = takes_back ? WorkTime() : ParseWorkTime(texts["time"]);
  if (!time.ok()) return NotLogged(context, request, time.status());
  absl::StatusOr<HoursEntry> entry;
  if (!texts["correct"].empty()) {
    entry = context.desk.CorrectWork(customer->id, texts["correct"], *time, texts["reason"], by);
  } else {
    Work work;
    work.entry = texts["id"];
    if (work.entry.size() > kLongestId) return Refuse(400, "`id` is longer than 64 characters.");
    work.time = *time;
    work.by = by;
    work.text = texts["text"];
    work.day = DayFor(*customer, context.clock.Now());
    if (!texts["day"].empty()) {
      const auto day = DayIn(texts["day"]);
      if (!day) return NoDay(texts["day"]);
      work.day = *day;
    }
    if (!texts["ticket"].empty()) {
      const auto ref = pipeline::FindRef(context.store, texts["ticket"]);
      if (!ref.ok()) return NotLogged(context, request, ref.status());
      const auto key = context.desk.Resolve(*ref);
      if (!key.ok()) return NotLogged(context, request, key.status());
      work.ticket = ToString(*key);
      work.ticket_name = ToString(*ref);
    }
    entry = context.desk.LogWork(customer->id, std::move(work));
  }
  if (!entry.ok()) return NotLogged(context, request, entry.status());
  const auto stored = context.store.LoadCustomer(customer->id);
  if (!stored.ok()) return Trouble(context, request, "hours", stored.status(), "");
  const absl::CivilDay today = DayFor(*customer, context.clock.Now());
  const HoursBook book = ReadHours(customer->hours, stored->facts, today);
  ApiAnswer answer = JsonAnswer({{"customer", customer->id},
                                 {"entry", EntryJson(*entry)},
                                 {"blocks", BlocksJson(book, today)}});
  answer.stable.clear();
  answer.headers = {{"Cache-Control", "no-store"}};
  return answer;
}

}  // namespace

void AddHoursRoutes(std::vector<Route>* routes) {
  Route route{"/api/v1/hours", Access::kToken, {"customer", "from", "until"}, ShowHours};
  route.post = LogWork;
  routes->push_back(std::move(route));
}

}  // namespace retainer::api
