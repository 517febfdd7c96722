// The text of webhooks/github/app-manifest.json, which is compiled in.
#pragma once

namespace retainer::cli {

extern const char kAppManifest[];

}  // namespace retainer::cli
