#include "src/cli/overrides.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "retainer/ids.h"
#include "src/base/digest.h"

namespace retainer::cli {
namespace {

constexpr std::size_t kLongestReason = 500;
constexpr std::size_t kLongestName = 100;

bool HasWord(const std::string& text, const std::string& word) {
  const std::string in = absl::AsciiStrToLower(text);
  const std::string what = absl::AsciiStrToLower(word);
  const auto is_letter = [&](std::size_t at) {
    return at < in.size() && absl::ascii_isalnum(static_cast<unsigned char>(in[at]));
  };
  if (what.empty()) return false;
  for (std::size_t at = in.find(what); at != std::string::npos; at = in.find(what, at + 1)) {
    if ((at == 0 || !is_letter(at - 1)) && !is_letter(at + what.size())) return true;
  }
  return false;
}

absl::Status CheckWords(const char* what, const std::string& words, std::size_t longest,
                        const Policy* policy) {
  if (words.empty()) return absl::InvalidArgumentError(absl::StrCat("the ", what, " is missing"));
  if (words.size() > longest) {
    return absl::InvalidArgumentError(
        absl::StrCat("the ", what, " is longer than ", longest, " bytes"));
  }
  if (std::any_of(words.begin(), words.end(),
                  [](char c) { return absl::ascii_iscntrl(static_cast<unsigned char>(c)); })) {
    return absl::InvalidArgumentError(absl::StrCat("the ", what, " is not a single line of text"));
  }
  if (policy == nullptr) return absl::OkStatus();
  for (const Customer& customer : policy->customers) {
    if (customer.is_public) continue;
    if (HasWord(words, customer.id) || HasWord(words, customer.name)) {
      return absl::InvalidArgumentError(absl::StrCat(
          "the ", what, " names the private customer ", customer.id,
          ", and the gate's answer appears in public logs: write it without the name"));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<GateOverride> AddOverride(Store& store, const Policy* policy,
                                         const OverrideRequest& request, absl::Time now) {
  const auto ref = ParseProjectRef(request.project);
  if (!ref.ok()) return ref.status();
  GateOverride record;
  record.by = std::string(absl::StripAsciiWhitespace(request.by));
  record.reason = std::string(absl::StripAsciiWhitespace(request.reason));
  for (const absl::Status& status : {CheckWords("reason", record.reason, kLongestReason, policy),
                                     CheckWords("name", record.by, kLongestName, policy)}) {
    if (!status.ok()) return status;
  }
  record.from = now;
  record.until = request.until.value_or(now + kUsualOverride);
  if (record.until <= now || record.until - now > kLongestOverride) {
    return absl::InvalidArgumentError(
        "an override ends after now and within 7 days: give --for 4h or --until INSTANT");
  }
  const auto project = store.FindProjectByPath(*ref);
  if (!project.ok()) return project.status();
  if (!*project) {
    return absl::NotFoundError(absl::StrCat("nothing is known of ", request.project,
                                            ": the gate says 404 for it, not fail"));
  }
  record.project = (*project)->key;
  auto id = base::RandomHex(6);
  if (!id.ok()) return id.status();
  record.id = *std::move(id);
  if (absl::Status saved = store.SaveOverride(record); !saved.ok()) return saved;
  return record;
}

}  // namespace retainer::cli
