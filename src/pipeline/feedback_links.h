// Links by which whoever has one says how a closed ticket was: `…/feedback/TOKEN`.
//
// A token names its ticket and proves itself by a keyed digest. It is stored nowhere, neither as it
// is nor as a digest: a comment that is edited needs the same link again. The key is the store's
// (PeopleStore::LinkKey). Thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "retainer/ids.h"

namespace retainer::pipeline {

class FeedbackLinks {
 public:
  // `public_url`: of the pages, without a trailing slash.
  FeedbackLinks(std::string key, std::string public_url);

  std::string UrlFor(const TicketKey& ticket) const;
  // Nullopt for a token that we have not made. The digest is compared before anything is looked up.
  std::optional<TicketKey> Read(std::string_view token) const;
  // The proof that a form came from the page of this token.
  std::string FormProof(std::string_view token) const;

 private:
  std::string key_;
  std::string public_url_;
};

}  // namespace retainer::pipeline
