// A plain TCP connection to this machine, to send what no HTTP library would send.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>

namespace retainer::api {

class RawClient {
 public:
  // `from` is an address of this machine, 127.0.0.1 by default. Reads time out after ten seconds.
  // `window` limits the bytes that may arrive before they are read; 0: the system's default.
  explicit RawClient(int port, const char* from = nullptr, int window = 0)
      : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const timeval patience{10, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    if (window > 0) ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &window, sizeof(window));
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    if (from != nullptr) {
      EXPECT_EQ(::inet_pton(AF_INET, from, &address.sin_addr), 1);
      EXPECT_EQ(::bind(fd_, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
    }
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = ::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0;
  }
  RawClient(RawClient&& other) noexcept
      : fd_(std::exchange(other.fd_, -1)),
        connected_(other.connected_),
        unread_(std::move(other.unread_)) {}
  ~RawClient() { Close(); }

  bool connected() const { return connected_; }
  int fd() const { return fd_; }

  void Close() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }

  // False when the server does not accept the bytes.
  bool Send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
  }

  // Reads until the server closes the connection.
  std::string ReadAll() {
    while (Fill()) {
    }
    return std::exchange(unread_, "");
  }

  // Reads one answer, head and body; only a part of it if the connection ends earlier.
  std::string ReadAnswer(bool head_alone = false) {
    std::size_t end;
    while ((end = unread_.find("\r\n\r\n")) == unread_.npos) {
      if (!Fill()) return std::exchange(unread_, "");
    }
    end += 4;
    constexpr std::string_view kLength = "\r\nContent-Length: ";
    const std::size_t length = unread_.find(kLength);
    if (length < end && !head_alone) {
      end += static_cast<std::size_t>(std::atoll(unread_.c_str() + length + kLength.size()));
    }
    while (unread_.size() < end) {
      if (!Fill()) break;
    }
    std::string answer = unread_.substr(0, end);
    unread_.erase(0, end);
    return answer;
  }

  // The status of one answer; 0 when none comes.
  int ReadStatus() {
    const std::string answer = ReadAnswer();
    return answer.starts_with("HTTP/1.1 ") ? std::atoi(answer.c_str() + 9) : 0;
  }

 private:
  bool Fill() {
    char bytes[16 * 1024];
    const ssize_t n = ::recv(fd_, bytes, sizeof(bytes), 0);
    if (n > 0) unread_.append(bytes, static_cast<std::size_t>(n));
    return n > 0;
  }

  int fd_;
  bool connected_ = false;
  std::string unread_;
};

}  // namespace retainer::api
