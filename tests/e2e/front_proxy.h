// A proxy in front of the service, as people reach it: its address is known before the service
// starts. Forwards everything, and says from whom.
#pragma once

#include <memory>
#include <string>

namespace retainer {

class FrontProxy {
 public:
  FrontProxy();
  ~FrontProxy();

  std::string url() const;
  // From now on requests go to the service at this address.
  void Lead(const std::string& service_url);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace retainer
