// Writes JSON text in one pass, with the layout of nlohmann's dump(2). For large answers, for which
// building a tree of values would cost more than everything else.
//
// Parts that depend only on the present time are marked as volatile. stable() leaves them out; the
// entity tag is made of it.
//
//     JsonWriter json;
//     json.BeginObject();
//     json.Instant("as_of", now);
//     json.BeginArray("tickets");
//     …
//     json.End();  // of the array
//     json.End();
//
// REQUIRES: the calls form one JSON value; members of an object have names.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/time/time.h"

namespace retainer::api {

class JsonWriter {
 public:
  // Write the top value, or the next value of an array.
  void BeginObject();
  void Text(std::string_view value);
  // Write a member of an object.
  void BeginObject(std::string_view name);
  void BeginArray(std::string_view name);
  void Text(std::string_view name, std::string_view value);  // invalid UTF-8 is replaced
  void Number(std::string_view name, std::int64_t value);
  void Fraction(std::string_view name, double value);
  void Flag(std::string_view name, bool value);
  void Null(std::string_view name);
  // RFC 3339 in UTC; null for an infinite instant.
  void Instant(std::string_view name, absl::Time value);
  void Texts(std::string_view name, const std::vector<std::string>& values);
  // Ends the innermost object or array.
  void End();

  void BeginVolatile();
  void EndVolatile();

  const std::string& body() const { return text_; }
  std::string stable() const;

 private:
  struct Level {
    char end;
    bool empty;
  };

  void NextPlace();
  void Name(std::string_view name);
  void Quote(std::string_view value);
  void Begin(char begin, char end);

  std::string text_;
  std::vector<Level> levels_;
  std::vector<std::pair<std::size_t, std::size_t>> volatile_;  // [begin, end) of text_
};

}  // namespace retainer::api
