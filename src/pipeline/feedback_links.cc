#include "src/pipeline/feedback_links.h"

#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "src/base/digest.h"
#include "src/pipeline/ticket_keys.h"

namespace retainer::pipeline {
namespace {

constexpr std::size_t kProofBytes = 16;

std::string Proof(std::string_view key, std::string_view what, std::string_view name) {
  const std::string digest = base::ToBytes(base::HmacSha256(key, {what, name}));
  return absl::WebSafeBase64Escape(digest.substr(0, kProofBytes));
}

std::string TokenOf(std::string_view key, const std::string& name) {
  return absl::StrCat(absl::WebSafeBase64Escape(name), ".", Proof(key, "feedback ", name));
}

}  // namespace

FeedbackLinks::FeedbackLinks(std::string key, std::string public_url)
    : key_(std::move(key)), public_url_(std::move(public_url)) {}

std::string FeedbackLinks::UrlFor(const TicketKey& ticket) const {
  return absl::StrCat(public_url_, "/feedback/", TokenOf(key_, ToString(ticket)));
}

std::optional<TicketKey> FeedbackLinks::Read(std::string_view token) const {
  const std::size_t dot = token.find('.');
  std::string name;
  const bool reads =
      dot != token.npos && absl::WebSafeBase64Unescape(std::string(token.substr(0, dot)), &name);
  // The whole token is compared: a second spelling of a ticket's name is no token of ours.
  if (!base::EqualInConstantTime(TokenOf(key_, name), token) || !reads) return std::nullopt;
  return ParseTicketKey(name);
}

std::string FeedbackLinks::FormProof(std::string_view token) const {
  return Proof(key_, "form ", token);
}

}  // namespace retainer::pipeline
