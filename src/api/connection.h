// One client's connection to the HTTP server, with an end to its patience.
//
// The HTTP library bounds each read, not a request: a client that sends a byte now and then would
// hold a thread for ever, and header lines without end would fill the memory. So the head of a
// request (request line and fields) is read whole here first, within a time and a size, and only a
// head that no two readers could understand differently is handed on. Whatever is handed on after it
// is bounded too: the body's time, the silence between its bytes, its bytes, and the lines between its
// chunks, each of which the library would read whole.
//
// One thread uses a Connection. ConnectionGate is thread-safe.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/time/time.h"

namespace retainer {

struct ConnectionLimits {
  std::size_t max_head = 64 * 1024;  // bytes of a request line with its fields
  std::size_t max_fields = 100;
  std::size_t max_line = 8 * 1024;                     // bytes of one line of a head
  std::size_t max_body = 25 * 1024 * 1024;             // twice this much, with the chunks' frames
  absl::Duration head_timeout = absl::Seconds(5);      // from a head's first byte to its last
  absl::Duration read_timeout = absl::Seconds(5);      // of silence within a head or a body
  absl::Duration request_timeout = absl::Seconds(20);  // for a whole body, and for a whole answer
  absl::Duration idle_timeout = absl::Seconds(2);      // before a head's first byte
};

// What is wrong with a head, by the status that says so; nullopt where nothing is. `head` ends with
// an empty line.
//
// 400: a line that does not end with CRLF or is folded, control characters, a field without a proper
// name, lengths that contradict each other or stand beside a transfer coding, a transfer coding but
// `chunked`. 414: a request line that is too long. 431: a field that is too long, or too many.
std::optional<int> CheckHead(std::string_view head, const ConnectionLimits& limits);

// Follows the frames of a chunked body as its bytes go by, so that no reader behind it sees one that
// could be read otherwise or whose lines do not end.
class ChunkFrames {
 public:
  // False once the bytes frame nothing: a size that is not plain hexadecimal, a line of more than
  // 1 KiB, data that does not end where its size said, fields or anything else after the last chunk.
  bool Follow(std::string_view bytes);

 private:
  enum class At {
    kSize,
    kExtension,
    kSizeEnd,
    kData,
    kDataCr,
    kDataLf,
    kLastCr,
    kLastLf,
    kEnd,
    kNowhere
  };

  At Next(char c);

  At at_ = At::kSize;
  std::size_t line_ = 0;    // bytes of the line so far
  std::size_t digits_ = 0;  // of the size
  std::uint64_t left_ = 0;  // the size; then what is to come of the data
};

class Connection {
 public:
  // `fd` stays the caller's.
  Connection(int fd, const ConnectionLimits& limits);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // The next request's head: 0 when it is there and Read begins with it; -1 when the client sent
  // nothing or went away; else the status to refuse it with (400, 408, 414, 431). Fields that are of
  // no use here and cost something to read (Range) are taken out.
  int ReadHead();

  // Of the request: its head, then its body. 0 at the client's end, -1 after any of the time-outs,
  // beyond the cap, or where its chunks are none.
  ssize_t Read(char* to, std::size_t size);
  // All of it, or -1.
  ssize_t Write(const char* from, std::size_t size);
  bool Readable();
  bool Writable();

  // The fields of the head, as they were sent, in order.
  const std::vector<std::pair<std::string, std::string>>& fields() const { return fields_; }

  bool chunked() const { return chunked_; }

  // Was the request read to its end, so that what follows is the next one? False where that is not
  // certain.
  bool AtRequestEnd() const;

  // Ends the answer so that the client can still read it, although it is sending: waits a moment for
  // its end.
  void Finish();

  // Says a last word without waiting for anything, as far as the socket takes it at once.
  void TurnAway(std::string_view answer);

  // Plain (client_address.h).
  std::string RemoteAddress() const;
  int fd() const { return fd_; }

 private:
  using Steady = std::chrono::steady_clock;

  bool WaitFor(short events, Steady::time_point until) const;
  // Appends to buffer_; 0 at the end, -1 on trouble or when `until` is over.
  ssize_t Fill(Steady::time_point until);

  const int fd_;
  const ConnectionLimits limits_;
  std::string_view Pending() const { return std::string_view(buffer_).substr(start_); }
  void Take(char* to, std::size_t size);

  std::string buffer_;  // read; from start_ on not handed on yet, first head_left_ bytes of a head
  std::size_t start_ = 0;
  std::vector<std::pair<std::string, std::string>> fields_;
  std::size_t head_left_ = 0;
  std::uint64_t body_length_ = 0;
  std::uint64_t body_read_ = 0;
  bool chunked_ = false;
  ChunkFrames frames_;
  Steady::time_point body_until_{};
  Steady::time_point answer_until_{};
};

// How many connections a client's network (client_address.h) may hold at a time.
class ConnectionGate {
 public:
  // 0: any number.
  explicit ConnectionGate(std::size_t limit) : limit_(limit) {}

  // False where the address's network has as many as it may; else Leave is owed.
  bool Enter(const std::string& address);
  void Leave(const std::string& address);

 private:
  const std::size_t limit_;
  std::mutex mutex_;
  std::map<std::string, std::size_t> held_;
};

}  // namespace retainer
