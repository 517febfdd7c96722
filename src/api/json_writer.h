// Writes JSON text in one pass, laid out as nlohmann's dump(2) is: for answers in bulk, where a
// tree of values built first costs more than all that is in them.
//
// What changes by the present time alone is marked as volatile, and missing in stable(): the text
// that an entity tag is made of.
//
//     JsonWriter json;
//     json.BeginObject();
//     json.Instant("as_of", now);
//     json.BeginArray("tickets");
//     …
//     json.End();  // of the array
//     json.End();
//
// REQUIRES: calls that make one JSON value; in an object, members have names.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/time/time.h"

namespace retainer {

class JsonWriter {
 public:
  // The value itself, or the next of an array.
  void BeginObject();
  void Text(std::string_view value);
  // The member of an object.
  void BeginObject(std::string_view name);
  void BeginArray(std::string_view name);
  void Text(std::string_view name, std::string_view value);  // any bytes become text
  void Number(std::string_view name, std::int64_t value);
  void Fraction(std::string_view name, double value);
  void Flag(std::string_view name, bool value);
  void Null(std::string_view name);
  // RFC 3339 in UTC; null for an infinite instant.
  void Instant(std::string_view name, absl::Time value);
  void Texts(std::string_view name, const std::vector<std::string>& values);
  // Of the object or array begun last.
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

}  // namespace retainer
