// Looks for a text in everything that a closed data folder holds: in the bytes of its files, and in
// the keys and values of its tables, which are compressed in files.
#pragma once

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "rocksdb/db.h"
#include "rocksdb/sst_file_reader.h"
#include "rocksdb/table_properties.h"
#include "src/store/codec/body.h"
#include "src/store/codec/tables.h"

namespace retainer {

inline bool HoldsFolded(std::string_view bytes, std::string_view text) {
  return std::search(bytes.begin(), bytes.end(), text.begin(), text.end(), [](char a, char b) {
           return std::tolower(static_cast<unsigned char>(a)) ==
                  std::tolower(static_cast<unsigned char>(b));
         }) != bytes.end();
}

// The files of tables that hold values which were replaced, or keys that were deleted: nobody can
// read them, and they are on the disk. `meta` and the counters name nobody and change all the time.
inline std::vector<std::string> FilesWithHiddenRows(const std::string& folder) {
  std::vector<std::string> found;
  for (const auto& file : std::filesystem::directory_iterator(folder)) {
    if (file.path().extension() != ".sst") continue;
    rocksdb::SstFileReader reader((rocksdb::Options()));
    if (!reader.Open(file.path().string()).ok()) {
      found.push_back(absl::StrCat("unreadable: ", file.path().filename().string()));
      continue;
    }
    const auto properties = reader.GetTableProperties();
    const std::string& table = properties->column_family_name;
    if (table == store::TableName(store::Table::kMeta) ||
        table == store::TableName(store::Table::kCounters)) {
      continue;
    }
    std::uint64_t rows = 0;
    const std::unique_ptr<rocksdb::Iterator> it(reader.NewIterator({}));
    for (it->SeekToFirst(); it->Valid(); it->Next()) ++rows;
    if (properties->num_entries != rows) {
      found.push_back(absl::StrCat(table, ": ", file.path().filename().string()));
    }
  }
  return found;
}

// Where it stands; empty: nowhere. Files that RocksDB no longer needs count as well.
inline std::vector<std::string> FindInDataFolder(const std::string& folder,
                                                 const std::string& text) {
  std::vector<std::string> found;
  for (const auto& file : std::filesystem::recursive_directory_iterator(folder)) {
    if (!file.is_regular_file()) continue;
    std::ifstream stream(file.path(), std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(stream), {}};
    if (HoldsFolded(bytes, text)) found.push_back(file.path().filename().string());
  }
  std::vector<std::string> names;
  const rocksdb::DBOptions options;
  if (!rocksdb::DB::ListColumnFamilies(options, folder, &names).ok()) return {"unreadable"};
  std::vector<rocksdb::ColumnFamilyDescriptor> tables;
  for (const std::string& name : names) {
    tables.emplace_back(name, rocksdb::ColumnFamilyOptions());
  }
  rocksdb::DB* opened = nullptr;
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  const rocksdb::Status status =
      rocksdb::DB::OpenForReadOnly(options, folder, tables, &handles, &opened);
  if (!status.ok()) return {status.ToString()};
  const std::unique_ptr<rocksdb::DB> db(opened);
  for (rocksdb::ColumnFamilyHandle* handle : handles) {
    const std::string name = handle->GetName();
    // They need the store's merge operator, and name nobody.
    if (name == store::TableName(store::Table::kCounters)) continue;
    const std::unique_ptr<rocksdb::Iterator> it(db->NewIterator({}, handle));
    for (it->SeekToFirst(); it->Valid(); it->Next()) {
      const std::string key = it->key().ToString();
      std::string value = it->value().ToString();
      if (name == store::TableName(store::Table::kBodies)) {
        value = store::DecompressBody(value).value_or(value);
      }
      if (HoldsFolded(key, text) || HoldsFolded(value, text)) {
        found.push_back(absl::StrCat("table ", name, ", key ", key));
      }
    }
  }
  for (rocksdb::ColumnFamilyHandle* handle : handles) db->DestroyColumnFamilyHandle(handle);
  return found;
}

}  // namespace retainer
