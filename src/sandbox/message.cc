#include "src/sandbox/message.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "src/base/digest.h"
#include "src/sandbox/crypto.h"

namespace retainer::sandbox {

std::string Request::Header(const std::string& lower_case_name) const {
  auto it = headers.find(lower_case_name);
  return it == headers.end() ? "" : it->second;
}

std::string Request::Query(const std::string& name) const {
  auto it = query.find(name);
  return it == query.end() ? "" : it->second;
}

std::string Unescape(std::string_view text, bool plus_is_space) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && absl::ascii_isxdigit(text[i + 1]) &&
        absl::ascii_isxdigit(text[i + 2])) {
      out += absl::HexStringToBytes(std::string(text.substr(i + 1, 2)));
      i += 2;
    } else if (text[i] == '+' && plus_is_space) {
      out += ' ';
    } else {
      out += text[i];
    }
  }
  return out;
}

std::string Escape(std::string_view text) {
  std::string out;
  for (unsigned char c : text) {
    if (absl::ascii_isalnum(c) || c == '-' || c == '_' || c == '.' || c == '~') {
      out += static_cast<char>(c);
    } else {
      absl::StrAppendFormat(&out, "%%%02X", c);
    }
  }
  return out;
}

void ReadTarget(Request& request) {
  std::size_t question = request.target.find('?');
  request.path = request.target.substr(0, question);
  for (const std::string& part : std::vector<std::string>(absl::StrSplit(request.path, '/'))) {
    if (!part.empty()) request.segments.push_back(Unescape(part, false));
  }
  if (question == std::string::npos) return;
  for (const std::string& pair :
       std::vector<std::string>(absl::StrSplit(request.target.substr(question + 1), '&'))) {
    if (pair.empty()) continue;
    std::size_t equals = pair.find('=');
    std::string value = equals == std::string::npos ? "" : pair.substr(equals + 1);
    request.query[Unescape(pair.substr(0, equals), true)] = Unescape(value, true);
  }
}

std::vector<std::string> Request::QueryAll(const std::string& name) const {
  std::vector<std::string> values;
  const std::size_t question = target.find('?');
  if (question == std::string::npos) return values;
  for (const std::string& pair :
       std::vector<std::string>(absl::StrSplit(target.substr(question + 1), '&'))) {
    const std::size_t equals = pair.find('=');
    if (equals == std::string::npos || Unescape(pair.substr(0, equals), true) != name) continue;
    values.push_back(Unescape(pair.substr(equals + 1), true));
  }
  return values;
}

void Tag(const Request& request, Response& response) {
  const std::string tag = absl::StrCat("W/\"", base::Sha256Hex(response.body), "\"");
  response.Set("ETag", tag);
  if (request.Header("if-none-match") == tag) {
    response.status = 304;
    response.body.clear();
  }
}

}  // namespace retainer::sandbox
