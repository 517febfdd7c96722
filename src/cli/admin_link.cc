#include "src/cli/admin_link.h"

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "retainer/instant_text.h"
#include "src/base/digest.h"

namespace retainer::cli {

absl::StatusOr<std::string> NewAdminLink(Store& store, Clock& clock, const std::string& public_url,
                                         const std::string& by) {
  if (public_url.empty()) {
    return absl::FailedPreconditionError(
        "there are no pages: write public_url into the configuration, and restart the service");
  }
  const auto secret = base::RandomBytes(32);
  if (!secret.ok()) return secret.status();
  const std::string token = absl::WebSafeBase64Escape(*secret);
  const absl::Time now = clock.Now();
  const absl::Status saved =
      store.SaveAdminLink({base::Sha256Hex(token), by, now, now + kAdminLinkLasts});
  if (!saved.ok()) return saved;
  return absl::StrCat(absl::StripSuffix(public_url, "/"), "/admin/", token);
}

absl::StatusOr<OperationResult> MakeAdminLink(Store& store, Clock& clock,
                                              const std::string& public_url,
                                              const nlohmann::ordered_json& request) {
  const auto url = NewAdminLink(store, clock, public_url, Text(request, "by"));
  if (!url.ok()) return url.status();
  return OperationResult{absl::StrCat(*url, "\n"),
                         {{"url", *url}, {"expires", Rfc3339(clock.Now() + kAdminLinkLasts)}}};
}

}  // namespace retainer::cli
