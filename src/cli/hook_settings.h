// The text of webhooks/gitlab/hook-settings.json, which is compiled in.
#pragma once

namespace retainer::cli {

extern const char kHookSettings[];

}  // namespace retainer::cli
