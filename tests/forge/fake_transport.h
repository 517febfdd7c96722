// A forge made of prepared answers instead of a network.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "src/forge/http.h"

namespace retainer::forge {

// The prepared answers. Must outlive the client's FakeTransport. Thread-safe.
class Script {
 public:
  struct Exchange {
    HttpRequest request;
    int status = 0;  // 0: no answer
  };

  // Sets the answers to `METHOD TARGET`, in order; the last one is repeated. Headers are pairs.
  void On(const std::string& call, int status, const std::string& body = "", Headers headers = {}) {
    On(call, [=](const HttpRequest&) -> absl::StatusOr<HttpResponse> {
      return HttpResponse{status, headers, body};
    });
  }
  using Answer = std::function<absl::StatusOr<HttpResponse>(const HttpRequest&)>;
  void On(const std::string& call, Answer answer) {
    std::lock_guard lock(mutex_);
    answers_[call].push_back(std::move(answer));
  }
  void Forget(const std::string& call) {
    std::lock_guard lock(mutex_);
    answers_.erase(call);
  }

  absl::StatusOr<HttpResponse> Play(const HttpRequest& request) {
    Answer answer;
    {
      std::lock_guard lock(mutex_);
      auto it = answers_.find(request.method + " " + request.target);
      if (it == answers_.end()) {
        history_.push_back({request, 404});
        return HttpResponse{404, {}, R"({"message":"Not Found"})"};
      }
      answer = it->second.front();
      if (it->second.size() > 1) it->second.pop_front();
    }
    auto response = answer(request);
    std::lock_guard lock(mutex_);
    history_.push_back({request, response.ok() ? response->status : 0});
    return response;
  }

  std::vector<Exchange> history() const {
    std::lock_guard lock(mutex_);
    return history_;
  }
  // `METHOD TARGET` of each call, in order.
  std::vector<std::string> calls() const {
    std::vector<std::string> calls;
    for (const Exchange& e : history()) calls.push_back(e.request.method + " " + e.request.target);
    return calls;
  }
  int Count(const std::string& call) const {
    int count = 0;
    for (const std::string& c : calls()) count += c == call;
    return count;
  }
  HttpRequest Last() const {
    std::lock_guard lock(mutex_);
    return history_.empty() ? HttpRequest{} : history_.back().request;
  }
  void ClearHistory() {
    std::lock_guard lock(mutex_);
    history_.clear();
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::deque<Answer>> answers_;
  std::vector<Exchange> history_;
};

class FakeTransport final : public HttpTransport {
 public:
  explicit FakeTransport(Script& script) : script_(script) {}
  absl::StatusOr<HttpResponse> Send(const HttpRequest& request) override {
    return script_.Play(request);
  }

 private:
  Script& script_;
};

}  // namespace retainer::forge
