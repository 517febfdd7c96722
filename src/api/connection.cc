#include "src/api/connection.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/string_view.h"
#include "src/api/client_address.h"

namespace retainer {
namespace {

constexpr std::string_view kHeadEnd = "\r\n\r\n";

absl::string_view View(std::string_view s) { return {s.data(), s.size()}; }

bool IsTokenChar(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
         std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

struct Field {
  std::string_view name;
  std::string_view value;
};

// A line without its end; nullopt where it is no field.
std::optional<Field> ReadField(std::string_view line) {
  const std::size_t colon = line.find(':');
  if (colon == line.npos || colon == 0) return std::nullopt;
  const std::string_view name = line.substr(0, colon);
  if (!std::all_of(name.begin(), name.end(), IsTokenChar)) return std::nullopt;
  const absl::string_view value = absl::StripAsciiWhitespace(View(line.substr(colon + 1)));
  return Field{name, {value.data(), value.size()}};
}

bool Is(const Field& field, std::string_view name) {
  return absl::EqualsIgnoreCase(View(field.name), View(name));
}

// Of a head that was found right: what says where the body ends.
struct Framing {
  std::uint64_t length = 0;
  bool chunked = false;
};

bool ReadLength(std::string_view value, std::uint64_t* length) {
  return !value.empty() && value.find_first_not_of("0123456789") == value.npos &&
         absl::SimpleAtoi(View(value), length);
}

// Calls `line` with each line without its end, the request line first. (A request line is never a
// field: it holds a space before any colon.)
template <typename Function>
void ForEachLine(std::string_view head, Function line) {
  while (!head.empty()) {
    const std::size_t end = std::min(head.find("\r\n"), head.size());
    line(head.substr(0, end));
    head.remove_prefix(std::min(end + 2, head.size()));
  }
}

Framing ReadFraming(std::string_view head) {
  Framing framing;
  ForEachLine(head, [&](std::string_view line) {
    const std::optional<Field> field = ReadField(line);
    if (!field) return;
    if (Is(*field, "Content-Length")) ReadLength(field->value, &framing.length);
    if (Is(*field, "Transfer-Encoding")) framing.chunked = true;
  });
  return framing;
}

// Rationale: nothing here is served in parts, and the library reads ranges with a regular expression
// whose depth grows with the field.
std::string WithoutRanges(std::string_view head) {
  std::string kept;
  kept.reserve(head.size());
  ForEachLine(head, [&](std::string_view line) {
    const std::optional<Field> field = ReadField(line);
    if (field && Is(*field, "Range")) return;
    kept.append(line).append("\r\n");
  });
  return kept;
}

}  // namespace

std::optional<int> CheckHead(std::string_view head, const ConnectionLimits& limits) {
  bool first = true;
  std::size_t fields = 0;
  std::optional<std::uint64_t> length;
  bool coded = false;
  std::optional<int> wrong;
  ForEachLine(head.substr(0, head.size() - 2), [&](std::string_view line) {
    if (wrong) return;
    if (line.size() > limits.max_line) {
      wrong = first ? 414 : 431;
      return;
    }
    // A bare CR or LF would end the line for some readers; the others no sender means.
    const bool clean = std::none_of(line.begin(), line.end(), [](char c) {
      return absl::ascii_iscntrl(static_cast<unsigned char>(c)) && c != '\t';
    });
    if (!clean) {
      wrong = 400;
      return;
    }
    if (first) {
      first = false;
      return;
    }
    const std::optional<Field> field = ReadField(line);
    if (++fields > limits.max_fields) {
      wrong = 431;
    } else if (!field) {
      wrong = 400;
    } else if (Is(*field, "Content-Length")) {
      std::uint64_t value = 0;
      if (!ReadLength(field->value, &value) || (length && *length != value)) wrong = 400;
      length = value;
    } else if (Is(*field, "Transfer-Encoding")) {
      if (coded || !absl::EqualsIgnoreCase(View(field->value), "chunked")) wrong = 400;
      coded = true;
    }
  });
  if (!wrong && coded && length) wrong = 400;
  return wrong;
}

ChunkFrames::At ChunkFrames::Next(char c) {
  // Fifteen digits are more than any body has and fit every reader's numbers.
  constexpr std::size_t kMostDigits = 15;
  constexpr std::size_t kLongestLine = 1024;
  switch (at_) {
    case At::kSize:
      if (absl::ascii_isxdigit(static_cast<unsigned char>(c))) {
        const std::size_t digit = std::string_view("0123456789abcdef")
                                      .find(absl::ascii_tolower(static_cast<unsigned char>(c)));
        left_ = left_ * 16 + digit;
        return ++digits_ <= kMostDigits ? At::kSize : At::kNowhere;
      }
      if (digits_ == 0) return At::kNowhere;
      if (c == '\r') return At::kSizeEnd;
      line_ = digits_;
      return c == ';' || c == ' ' || c == '\t' ? At::kExtension : At::kNowhere;
    case At::kExtension:
      if (c == '\r') return At::kSizeEnd;
      if (absl::ascii_iscntrl(static_cast<unsigned char>(c)) && c != '\t') return At::kNowhere;
      return ++line_ < kLongestLine ? At::kExtension : At::kNowhere;
    case At::kSizeEnd:
      digits_ = 0;
      if (c != '\n') return At::kNowhere;
      return left_ > 0 ? At::kData : At::kLastCr;
    case At::kDataCr:
      return c == '\r' ? At::kDataLf : At::kNowhere;
    case At::kDataLf:
      return c == '\n' ? At::kSize : At::kNowhere;
    case At::kLastCr:
      return c == '\r' ? At::kLastLf : At::kNowhere;
    case At::kLastLf:
      return c == '\n' ? At::kEnd : At::kNowhere;
    case At::kEnd:
    case At::kData:
    case At::kNowhere:
      break;
  }
  return At::kNowhere;
}

bool ChunkFrames::Follow(std::string_view bytes) {
  while (!bytes.empty() && at_ != At::kNowhere) {
    if (at_ == At::kData) {
      const std::size_t n = static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size()));
      bytes.remove_prefix(n);
      if ((left_ -= n) == 0) at_ = At::kDataCr;
    } else {
      at_ = Next(bytes.front());
      bytes.remove_prefix(1);
    }
  }
  return at_ != At::kNowhere;
}

Connection::Connection(int fd, const ConnectionLimits& limits) : fd_(fd), limits_(limits) {}

bool Connection::WaitFor(short events, Steady::time_point until) const {
  for (;;) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(until - Steady::now()).count();
    pollfd poller{fd_, events, 0};
    const int ready = poll(&poller, 1, static_cast<int>(std::clamp<std::int64_t>(left, 0, 60'000)));
    if (ready > 0) return true;
    if (ready == 0 && left <= 0) return false;
    if (ready < 0 && errno != EINTR) return false;
  }
}

ssize_t Connection::Fill(Steady::time_point until) {
  char chunk[16 * 1024];
  for (;;) {
    if (!WaitFor(POLLIN, until)) return -1;
    const ssize_t n = recv(fd_, chunk, sizeof(chunk), MSG_DONTWAIT);
    if (n < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (n > 0) buffer_.append(chunk, static_cast<std::size_t>(n));
    return n;
  }
}

void Connection::Take(char* to, std::size_t size) {
  std::memcpy(to, buffer_.data() + start_, size);
  start_ += size;
  if (start_ < buffer_.size()) return;
  buffer_.clear();
  start_ = 0;
}

int Connection::ReadHead() {
  buffer_.erase(0, start_);
  start_ = 0;
  if (buffer_.empty() &&
      Fill(Steady::now() + absl::ToChronoNanoseconds(limits_.idle_timeout)) <= 0) {
    return -1;
  }
  const Steady::time_point until = Steady::now() + absl::ToChronoNanoseconds(limits_.head_timeout);
  std::size_t looked = 0;
  std::size_t end;
  while ((end = buffer_.find(kHeadEnd, looked)) == std::string::npos) {
    if (buffer_.size() > limits_.max_head) return 431;
    looked = buffer_.size() < kHeadEnd.size() ? 0 : buffer_.size() - kHeadEnd.size() + 1;
    const ssize_t n =
        Fill(std::min(until, Steady::now() + absl::ToChronoNanoseconds(limits_.read_timeout)));
    if (n <= 0) return n < 0 ? 408 : -1;
  }
  end += kHeadEnd.size();
  if (end > limits_.max_head) return 431;
  const std::string head = buffer_.substr(0, end);
  if (const std::optional<int> wrong = CheckHead(head, limits_)) return *wrong;
  const Framing framing = ReadFraming(head);
  fields_.clear();
  ForEachLine(std::string_view(head).substr(0, head.size() - 2), [&](std::string_view line) {
    const std::optional<Field> field = ReadField(line);
    if (field && !Is(*field, "Range")) fields_.emplace_back(field->name, field->value);
  });
  const std::string kept = WithoutRanges(head);
  buffer_.replace(0, end, kept);
  head_left_ = kept.size();
  body_length_ = framing.length;
  chunked_ = framing.chunked;
  frames_ = {};
  body_read_ = 0;
  body_until_ = Steady::now() + absl::ToChronoNanoseconds(limits_.request_timeout);
  answer_until_ = {};
  return 0;
}

ssize_t Connection::Read(char* to, std::size_t size) {
  if (head_left_ > 0) {
    const std::size_t n = std::min(size, head_left_);
    Take(to, n);
    head_left_ -= n;
    return static_cast<ssize_t>(n);
  }
  // Rationale: chunks of one byte cost six; who frames so wastefully has no more than this.
  const std::uint64_t most = chunked_ ? 2 * limits_.max_body + 4096 : body_length_;
  if (body_read_ >= most) return chunked_ ? -1 : 0;
  if (buffer_.empty()) {
    const auto until =
        std::min(body_until_, Steady::now() + absl::ToChronoNanoseconds(limits_.read_timeout));
    const ssize_t n = Fill(until);
    if (n <= 0) return n;
  }
  const std::size_t n =
      std::min({size, Pending().size(), static_cast<std::size_t>(most - body_read_)});
  if (chunked_ && !frames_.Follow(Pending().substr(0, n))) return -1;
  Take(to, n);
  body_read_ += n;
  return static_cast<ssize_t>(n);
}

ssize_t Connection::Write(const char* from, std::size_t size) {
  const auto now = Steady::now();
  if (answer_until_ == Steady::time_point{}) {
    answer_until_ = now + absl::ToChronoNanoseconds(limits_.request_timeout);
  }
  std::size_t sent = 0;
  while (sent < size) {
    const auto until =
        std::min(answer_until_, Steady::now() + absl::ToChronoNanoseconds(limits_.read_timeout));
    if (!WaitFor(POLLOUT, until)) return -1;
    const ssize_t n = send(fd_, from + sent, size - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (n < 0) return -1;
    sent += static_cast<std::size_t>(n);
  }
  return static_cast<ssize_t>(size);
}

bool Connection::Readable() { return !buffer_.empty() || WaitFor(POLLIN, Steady::now()); }

bool Connection::Writable() { return WaitFor(POLLOUT, Steady::now()); }

bool Connection::AtRequestEnd() const {
  return head_left_ == 0 && !chunked_ && body_read_ == body_length_;
}

void Connection::Finish() {
  constexpr std::size_t kMostDrained = 1024 * 1024;
  constexpr std::chrono::milliseconds kMoment(250);
  // Closing with bytes unread would reset the connection and take the answer with it.
  if (shutdown(fd_, SHUT_WR) != 0) return;
  const auto until = Steady::now() + kMoment;
  for (std::size_t drained = 0; drained < kMostDrained;) {
    buffer_.clear();
    start_ = 0;
    const ssize_t n = Fill(until);
    if (n <= 0) return;
    drained += static_cast<std::size_t>(n);
  }
}

void Connection::TurnAway(std::string_view answer) {
  // What has come already would, unread, take the answer with it.
  char unread[16 * 1024];
  (void)recv(fd_, unread, sizeof(unread), MSG_DONTWAIT);
  (void)send(fd_, answer.data(), answer.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
}

std::string Connection::RemoteAddress() const {
  sockaddr_storage address{};
  socklen_t size = sizeof(address);
  char host[NI_MAXHOST];
  if (getpeername(fd_, reinterpret_cast<sockaddr*>(&address), &size) != 0 ||
      getnameinfo(reinterpret_cast<const sockaddr*>(&address), size, host, sizeof(host), nullptr, 0,
                  NI_NUMERICHOST) != 0) {
    return "";
  }
  return PlainAddress(host).value_or(host);
}

bool ConnectionGate::Enter(const std::string& address) {
  std::lock_guard lock(mutex_);
  std::size_t& held = held_[ClientNetwork(address)];
  if (limit_ > 0 && held >= limit_) return false;
  ++held;
  return true;
}

void ConnectionGate::Leave(const std::string& address) {
  std::lock_guard lock(mutex_);
  const auto it = held_.find(ClientNetwork(address));
  if (it != held_.end() && --it->second == 0) held_.erase(it);
}

}  // namespace retainer
