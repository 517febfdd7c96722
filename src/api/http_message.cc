#include "src/api/http_message.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "src/api/problem_answer.h"
#include "src/base/digest.h"

namespace retainer::api {
namespace {

constexpr std::size_t kLongestRequestId = 64;

bool Is(const HttpField& field, std::string_view name) {
  return absl::EqualsIgnoreCase(absl::string_view(field.name.data(), field.name.size()),
                                absl::string_view(name.data(), name.size()));
}

}  // namespace

std::string_view HttpRequest::Find(std::string_view name) const {
  for (const HttpField& field : fields) {
    if (Is(field, name)) return field.value;
  }
  return {};
}

bool HttpRequest::Has(std::string_view name) const {
  return std::any_of(fields.begin(), fields.end(),
                     [&](const HttpField& field) { return Is(field, name); });
}

std::vector<std::string> HttpRequest::FindAll(std::string_view name) const {
  std::vector<std::string> all;
  for (const HttpField& field : fields) {
    if (Is(field, name)) all.emplace_back(field.value);
  }
  return all;
}

std::string WriteAnswer(const HttpAnswer& answer, const HttpRequest* request, bool close) {
  std::string out;
  const bool bodiless = answer.status == 304;
  const bool head_alone = request != nullptr && request->method == "HEAD";
  out.reserve(256 + (head_alone || bodiless ? 0 : answer.body.size()));
  absl::StrAppend(&out, "HTTP/1.1 ", answer.status, " ", std::string(StatusTitle(answer.status)),
                  "\r\n");
  for (const auto& [name, value] : answer.fields) absl::StrAppend(&out, name, ": ", value, "\r\n");
  if (request != nullptr) absl::StrAppend(&out, kRequestId, ": ", request->id, "\r\n");
  if (!bodiless && !answer.type.empty()) {
    absl::StrAppend(&out, "Content-Type: ", answer.type, "\r\n");
  }
  // Also for a 304, because some clients would wait for a body.
  absl::StrAppend(&out, "Content-Length: ", bodiless ? 0 : answer.body.size(), "\r\n");
  absl::StrAppend(&out, "Connection: ", close ? "close" : "keep-alive", "\r\n\r\n");
  if (!bodiless && !head_alone) out.append(answer.body);
  return out;
}

std::string RequestId(std::string_view given) {
  const bool sane = !given.empty() && given.size() <= kLongestRequestId &&
                    std::all_of(given.begin(), given.end(), [](char c) {
                      return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-' ||
                             c == '_' || c == '.';
                    });
  if (sane) return std::string(given);
  return base::RandomHex(12).value_or(std::string(24, '0'));
}

}  // namespace retainer::api
