#include "src/api/answer_pools.h"

#include <atomic>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <utility>

namespace retainer::api {

class AnswerPools::Impl {
 public:
  Impl(HttpFront& front, PoolSizes sizes) : front_(front), sizes_(sizes) {}

  void Start() {
    handlers_.emplace(sizes_.handlers);
    if (sizes_.deliveries > 0) deliveries_.emplace(sizes_.deliveries);
    if (sizes_.large_deliveries > 0) large_.emplace(sizes_.large_deliveries);
  }

  bool Answer(HttpRequest& request, HttpFront::Where where, HttpFront::Done done) {
    using Where = HttpFront::Where;
    const bool large = request.body.size() > sizes_.small;
    {
      const std::lock_guard lock(mutex_);
      if (where == Where::kHandlers && handled_ >= sizes_.handlers + sizes_.waiting) return false;
      handled_ += where == Where::kHandlers;
      ++under_way_;
    }
    HttpFront::Done counted = [this, where, done = std::move(done)](HttpAnswer answer) {
      done(std::move(answer));
      const std::lock_guard lock(mutex_);
      handled_ -= where == Where::kHandlers;
      if (--under_way_ == 0) none_under_way_.notify_all();
    };
    if (where == Where::kLoop && request.body.size() <= sizes_.short_enough) {
      front_.Answer(request, std::move(counted));
      return true;
    }
    auto& pool = where == Where::kHandlers ? *handlers_ : large ? *large_ : *deliveries_;
    boost::asio::post(pool, [this, &request, done = std::move(counted)]() mutable {
      if (stopped_) return done({});
      front_.Answer(request, std::move(done));
    });
    return true;
  }

  void Stop() {
    stopped_ = true;
    {
      std::unique_lock lock(mutex_);
      none_under_way_.wait(lock, [this] { return under_way_ == 0; });
    }
    for (auto* pool : {&handlers_, &deliveries_, &large_}) {
      if (*pool) (*pool)->join();
    }
  }

 private:
  HttpFront& front_;
  const PoolSizes sizes_;
  std::atomic<bool> stopped_ = false;
  std::mutex mutex_;
  std::size_t handled_ = 0;    // with the handlers
  std::size_t under_way_ = 0;  // with the front
  std::condition_variable none_under_way_;
  std::optional<boost::asio::thread_pool> handlers_;
  std::optional<boost::asio::thread_pool> deliveries_;
  std::optional<boost::asio::thread_pool> large_;
};

AnswerPools::AnswerPools(HttpFront& front, PoolSizes sizes)
    : impl_(std::make_unique<Impl>(front, sizes)) {}
AnswerPools::~AnswerPools() = default;

void AnswerPools::Start() { impl_->Start(); }
bool AnswerPools::Answer(HttpRequest& request, HttpFront::Where where, HttpFront::Done done) {
  return impl_->Answer(request, where, std::move(done));
}
void AnswerPools::Stop() { impl_->Stop(); }

}  // namespace retainer::api
