// What the HTTP library is given to work with: a stream that is one of our connections, and our threads.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <string>
#include <utility>

#include "httplib.h"
#include "src/api/connection.h"

namespace retainer {

// What the library reads and writes, through a Connection.
class ConnectionStream final : public httplib::Stream {
 public:
  explicit ConnectionStream(Connection& connection) : connection_(connection) {}

  bool is_readable() const override { return connection_.Readable(); }
  bool is_writable() const override { return connection_.Writable(); }
  ssize_t read(char* to, std::size_t size) override { return connection_.Read(to, size); }
  ssize_t write(const char* from, std::size_t size) override {
    return connection_.Write(from, size);
  }
  void get_remote_ip_and_port(std::string& ip, int& port) const override {
    ip = connection_.RemoteAddress();
    port = 0;
  }
  void get_local_ip_and_port(std::string& ip, int& port) const override {
    ip.clear();
    port = 0;
  }
  socket_t socket() const override { return connection_.fd(); }

 private:
  Connection& connection_;
};

// The threads that serve connections, and the line in front of them.
class ServingThreads final : public httplib::TaskQueue {
 public:
  ServingThreads(std::size_t threads, std::size_t longest_line)
      : threads_(threads), longest_line_(longest_line) {}

  // What the library gives when it has accepted a connection is done at once, on its thread: there it
  // is decided whether the connection is served at all.
  void enqueue(std::function<void()> accepted) override { accepted(); }
  void shutdown() override { threads_.shutdown(); }

  // False where the line is too long already.
  bool Offer(std::function<void()> serve) {
    if (in_line_ >= longest_line_) return false;
    ++in_line_;
    threads_.enqueue([this, serve = std::move(serve)] {
      --in_line_;
      serve();
    });
    return true;
  }

 private:
  httplib::ThreadPool threads_;
  const std::size_t longest_line_;
  std::atomic<std::size_t> in_line_ = 0;
};

}  // namespace retainer
