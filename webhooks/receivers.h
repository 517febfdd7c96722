// Makes the webhook receivers, one for each configured forge.
#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "retainer/config.h"
#include "retainer/webhook.h"

namespace retainer::webhooks {

// InvalidArgument, with the forge and the remedy but never a secret, for: a forge without any
// secret (there is no insecure default), an empty secret, a signing token that is not `whsec_` +
// base64, signing tokens on a forge that does not use them, and a secret that is bound to another
// forge's projects.
absl::StatusOr<std::unique_ptr<WebhookReceiver>> MakeReceiver(const ForgeConfig& config);

}  // namespace retainer::webhooks
