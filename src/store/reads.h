// Reads records from a View. Errors name the record that cannot be read.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "src/base/view.h"
#include "src/store/codec/fields.h"
#include "src/store/engine.h"

namespace retainer::store {

// The message contains the escaped key, so that a person can find the record. Keys hold names and
// ids, never secrets.
inline absl::Status Unreadable(Table table, std::string_view key) {
  return absl::DataLossError(absl::StrCat("the store's record \"", absl::CEscape(base::View(key)),
                                          "\" in table ", base::View(TableName(table)),
                                          " cannot be read"));
}

// Nullopt if there is no such record. DataLoss if it is not a record of this type.
template <class T>
absl::StatusOr<std::optional<T>> ReadRecord(View& view, Table table, std::string_view key) {
  auto bytes = view.Get(table, key);
  if (!bytes.ok()) return bytes.status();
  if (!*bytes) return std::optional<T>();
  std::optional<T> record = DecodeRecord<T>(**bytes);
  if (!record) return Unreadable(table, key);
  return record;
}

// The first `limit` records of a table, in key order.
template <class T>
absl::StatusOr<std::vector<T>> ReadAll(View& view, Table table, std::size_t limit) {
  std::vector<T> records;
  if (limit == 0) return records;
  absl::Status unreadable;
  const absl::Status walked =
      view.Walk(table, {}, {}, [&](std::string_view key, std::string_view value) {
        std::optional<T> record = DecodeRecord<T>(value);
        if (!record) {
          unreadable = Unreadable(table, key);
          return false;
        }
        records.push_back(*std::move(record));
        return records.size() < limit;
      });
  if (!walked.ok()) return walked;
  if (!unreadable.ok()) return unreadable;
  return records;
}

}  // namespace retainer::store
