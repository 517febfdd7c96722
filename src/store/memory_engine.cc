#include "src/store/memory_engine.h"

#include <iterator>
#include <mutex>

#include "src/store/codec/counter.h"

namespace retainer::store {

class MemoryEngine::MemoryCursor final : public Cursor {
 public:
  explicit MemoryCursor(const Rows& rows) : rows_(rows), at_(rows.end()) {}

  void Seek(std::string_view key) override { at_ = rows_.lower_bound(key); }
  void SeekBefore(std::string_view key) override {
    at_ = key.empty() ? rows_.end() : rows_.lower_bound(key);
    at_ = at_ == rows_.begin() ? rows_.end() : std::prev(at_);
  }
  void Next() override { ++at_; }
  void Prev() override { at_ = at_ == rows_.begin() ? rows_.end() : std::prev(at_); }
  bool Valid() const override { return at_ != rows_.end(); }
  std::string_view Key() const override { return at_->first; }
  std::string_view Value() const override { return at_->second; }
  absl::Status status() const override { return absl::OkStatus(); }

 private:
  const Rows& rows_;
  Rows::const_iterator at_;
};

class MemoryEngine::MemoryView final : public View {
 public:
  explicit MemoryView(MemoryEngine& engine) : engine_(engine), lock_(engine.mutex_) {}

  absl::StatusOr<std::optional<std::string>> Get(Table table, std::string_view key) override {
    const Rows& rows = engine_.tables_[static_cast<std::size_t>(table)];
    const auto it = rows.find(key);
    if (it == rows.end()) return std::nullopt;
    return it->second;
  }

  absl::StatusOr<std::vector<std::optional<std::string>>> GetMany(
      Table table, const std::vector<std::string>& keys) override {
    std::vector<std::optional<std::string>> values;
    for (const std::string& key : keys) values.push_back(*Get(table, key));
    return values;
  }

  absl::Status Walk(Table table, std::string_view from, std::string_view until,
                    const Visit& visit) override {
    const Rows& rows = engine_.tables_[static_cast<std::size_t>(table)];
    for (auto it = rows.lower_bound(from); it != rows.end(); ++it) {
      if (!until.empty() && it->first >= until) break;
      if (!visit(it->first, it->second)) break;
    }
    return absl::OkStatus();
  }

  absl::StatusOr<std::unique_ptr<Cursor>> Open(Table table) override {
    return std::make_unique<MemoryCursor>(engine_.tables_[static_cast<std::size_t>(table)]);
  }

 private:
  MemoryEngine& engine_;
  std::shared_lock<std::shared_mutex> lock_;
};

std::unique_ptr<View> MemoryEngine::Read() { return std::make_unique<MemoryView>(*this); }

absl::Status MemoryEngine::Write(const Batch& batch) {
  std::unique_lock lock(mutex_);
  for (const Batch::Operation& operation : batch.operations()) {
    Rows& rows = tables_[static_cast<std::size_t>(operation.table)];
    switch (operation.kind) {
      case Batch::Operation::Kind::kPut:
        rows.insert_or_assign(operation.key, operation.value);
        break;
      case Batch::Operation::Kind::kDelete:
        rows.erase(operation.key);
        break;
      case Batch::Operation::Kind::kAdd: {
        std::string& counter = rows[operation.key];
        counter = EncodeCounter(DecodeCounter(counter) + static_cast<std::uint64_t>(operation.by));
        break;
      }
    }
  }
  return absl::OkStatus();
}

}  // namespace retainer::store
