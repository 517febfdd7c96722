// The requests of `retainer ledger`. Each but ListLedger reads the whole ledger; those that prove
// keep 64 bytes of memory a record while they do. Cancelled when `gone` says so.
#pragma once

#include <nlohmann/json.hpp>

#include "absl/status/statusor.h"
#include "src/cli/operation_result.h"
#include "src/store/disk_store.h"

namespace retainer::cli {

// The most records in one answer.
inline constexpr std::size_t kLedgerPage = 2000;

// `{"size": N}`, or nothing for all records: `{"size", "root"}`, the root of the Merkle tree of the
// first N records in base64. OutOfRange: the ledger is shorter.
absl::StatusOr<OperationResult> LedgerRoot(store::DiskStore& store,
                                           const nlohmann::ordered_json& request, const Gone& gone);
// Verifies that every record follows from its predecessor: `{"length", "digest"}`. DataLoss names
// the first record that does not.
absl::StatusOr<OperationResult> VerifyLedger(store::DiskStore& store, const Gone& gone);
// `{"from": N}`: the records from number N on, at most kLedgerPage.
absl::StatusOr<OperationResult> ListLedger(store::DiskStore& store,
                                           const nlohmann::ordered_json& request);
// `{"size": N, "after": M}` and `"record": K`, `"ticket": "github:acme/opendb#1"` or
// `"customer": "acme"`: `{"records", "left_out", "more"}`, the records after number M among the
// first N, each with its audit path to the root, at most kLedgerPage. `more`: there are further
// ones. For a customer: only records that say nothing about others; `left_out` counts those that
// do. NotFound: there is none.
absl::StatusOr<OperationResult> ProveRecords(store::DiskStore& store,
                                             const nlohmann::ordered_json& request,
                                             const Gone& gone);
// `{"from": M, "to": N}`: `{"proof"}`, that the first M records begin the first N.
absl::StatusOr<OperationResult> ProveConsistency(store::DiskStore& store,
                                                 const nlohmann::ordered_json& request,
                                                 const Gone& gone);

}  // namespace retainer::cli
