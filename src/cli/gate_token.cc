#include "src/cli/gate_token.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace retainer::cli {

absl::StatusOr<std::string> GateToken(const std::string& file) {
  std::string token;
  std::string from = "RETAINER_TOKEN";
  if (!file.empty()) {
    from = file;
    std::ifstream in(file);
    if (!in || !std::getline(in, token)) {
      return absl::FailedPreconditionError(
          absl::StrCat("cannot read a token from ", file, ": put it there on one line"));
    }
  } else if (const char* value = std::getenv("RETAINER_TOKEN")) {
    token = value;
  }
  token = std::string(absl::StripAsciiWhitespace(token));
  if (token.empty()) {
    return absl::FailedPreconditionError(
        "there is no token: set RETAINER_TOKEN or give --token-file; `retainer token create "
        "--scope "
        "read --project P` makes one");
  }
  // It goes into a header.
  if (!std::all_of(token.begin(), token.end(),
                   [](char c) { return absl::ascii_isgraph(static_cast<unsigned char>(c)); })) {
    return absl::FailedPreconditionError(absl::StrCat(from, " holds no token: it has odd bytes"));
  }
  return token;
}

}  // namespace retainer::cli
