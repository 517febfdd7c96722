// TableStore: the scrub. Verifies the checksums of files, then every record.
#include <algorithm>
#include <functional>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "src/base/view.h"
#include "src/store/codec/body.h"
#include "src/store/codec/forgotten_records.h"
#include "src/store/codec/keys.h"
#include "src/store/codec/people_records.h"
#include "src/store/codec/watch_records.h"
#include "src/store/reads.h"
#include "src/store/table_store.h"

namespace retainer::store {
namespace {

// Position format: `f` and the last file that was read; or `t`, the table's number as a byte, and
// the last key.
constexpr char kFiles = 'f';
constexpr char kRows = 't';

using IsReadable = bool (*)(std::string_view value);

template <class T>
bool IsRecord(std::string_view value) {
  return DecodeRecord<T>(value).has_value();
}

bool IsAnything(std::string_view) { return true; }

// The record type of a table's values. Values without one are only read.
IsReadable ValuesOf(Table table) {
  switch (table) {
    case Table::kInbox:
    case Table::kSetAside:
    case Table::kHeld:
      return IsRecord<DeliveryRecord>;
    case Table::kBodies:
      return [](std::string_view value) { return DecompressBody(value).has_value(); };
    case Table::kTickets:
      return IsRecord<TicketRecord>;
    case Table::kFacts:
      return IsRecord<StoredFact>;
    case Table::kFaces:
      return IsRecord<FaceRecord>;
    case Table::kShown:
      return IsRecord<ShownFace>;
    case Table::kDeadFaces:
      return IsRecord<DeadFace>;
    case Table::kNoticeQueue:
    case Table::kToldNotices:
      return IsRecord<NoticeRecord>;
    case Table::kDeadNotices:
      return IsRecord<DeadNotice>;
    case Table::kTerms:
      return IsRecord<StoredTerms>;
    case Table::kProjects:
      return IsRecord<ProjectRecord>;
    case Table::kResyncs:
      return IsRecord<ResyncRecord>;
    case Table::kTokens:
      return IsRecord<TokenRecord>;
    case Table::kOverrides:
      return IsRecord<GateOverride>;
    case Table::kCustomerFacts:
      return IsRecord<CustomerFact>;
    case Table::kContacts:
      return IsRecord<ContactRow>;
    case Table::kSessions:
      return IsRecord<Session>;
    case Table::kAdminLinks:
      return IsRecord<AdminLink>;
    case Table::kTexts:
      return IsRecord<TicketText>;
    case Table::kForgotten:
      return IsRecord<Forgotten::Name>;
    case Table::kGaps:
      return IsRecord<Gap>;
    case Table::kLedger:
      return IsRecord<LedgerRecord>;
    case Table::kMeta:
    case Table::kDeliveries:
    case Table::kExpiry:
    case Table::kOpenTickets:
    case Table::kIndexes:
    case Table::kWakeups:
    case Table::kDirty:
    case Table::kNoticeIds:
    case Table::kProjectPaths:
    case Table::kPins:
    case Table::kTokenHashes:
    case Table::kCounters:
    case Table::kRefusedLabels:
    case Table::kInvitations:
    case Table::kNoise:
      return IsAnything;
  }
  return IsAnything;
}

std::string RowsFrom(std::size_t table, std::string_view key) {
  return absl::StrCat(std::string(1, kRows), std::string(1, static_cast<char>(table)),
                      base::View(key));
}

}  // namespace

absl::StatusOr<ScrubStep> TableStore::Scrub(const std::string& from, std::size_t rows) {
  ScrubStep step;
  if (from.empty() || from[0] == kFiles) {
    std::vector<std::string> files = engine_->Files();
    std::sort(files.begin(), files.end());
    const auto file =
        from.empty() ? files.begin() : std::upper_bound(files.begin(), files.end(), from.substr(1));
    step.next = RowsFrom(0, {});
    if (file == files.end()) return step;
    const absl::Status verified = engine_->VerifyFile(*file);
    // A missing file was merged into another one, which is read the next time.
    if (absl::IsDataLoss(verified)) {
      step.damaged.push_back(std::string(verified.message()));
    } else if (!verified.ok() && !absl::IsNotFound(verified)) {
      return verified;
    }
    if (std::next(file) != files.end()) step.next = absl::StrCat(std::string(1, kFiles), *file);
    return step;
  }
  if (from.size() < 2 || from[0] != kRows ||
      static_cast<unsigned char>(from[1]) >= kTableNames.size()) {
    return absl::InvalidArgumentError("no position that Scrub gave");
  }
  const auto number = static_cast<std::size_t>(static_cast<unsigned char>(from[1]));
  const Table table = static_cast<Table>(number);
  const IsReadable is_readable = ValuesOf(table);
  std::string last = from.substr(2);
  // The smallest key after another is that key plus a zero byte.
  const std::string first = last.empty() ? last : last + '\0';
  std::size_t read = 0;
  const auto view = engine_->Read();
  const absl::Status walked =
      view->Walk(table, first, {}, [&](std::string_view key, std::string_view value) {
        last = std::string(key);
        if (!is_readable(value)) {
          step.damaged.push_back(std::string(Unreadable(table, key).message()));
        }
        return ++read < rows;
      });
  if (absl::IsDataLoss(walked)) {
    step.damaged.push_back(absl::StrCat("table ", base::View(TableName(table)), " behind \"",
                                        absl::CEscape(last),
                                        "\": ", std::string(walked.message())));
  } else if (!walked.ok()) {
    return walked;
  }
  // A walk cannot get past a damaged block.
  if (walked.ok() && read == rows) {
    step.next = RowsFrom(number, last);
  } else if (number + 1 < kTableNames.size()) {
    step.next = RowsFrom(number + 1, {});
  }
  return step;
}

}  // namespace retainer::store
