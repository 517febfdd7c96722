// Creating a GitHub app from a manifest: the page that asks, and the exchange of the code
// for the app's key and secrets. Private to the sandbox; the caller holds the lock.
#pragma once

#include <map>
#include <string>

#include "absl/time/time.h"
#include "src/sandbox/message.h"
#include "src/sandbox/oauth.h"
#include "src/sandbox/sandbox_world.h"

namespace retainer::sandbox {

class AppManifests {
 public:
  AppManifests(World& world, OAuth& oauth) : world_(world), oauth_(oauth) {}

  // True if the request is about a manifest.
  static bool Takes(const Request& request);
  // `web_url`: of the sandbox. REQUIRES: Takes.
  Response Answer(const Request& request, const std::string& web_url);

 private:
  struct Waiting {
    std::string manifest;
    absl::Time expires;
  };
  Response Ask(const Request& request);
  Response Convert(const std::string& code, const std::string& web_url);

  World& world_;
  OAuth& oauth_;
  std::map<std::string, Waiting> waiting_;  // by code; each works once
};

}  // namespace retainer::sandbox
