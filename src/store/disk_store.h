// What a store on disk can do beyond the Store port: be copied while it is in use, be restored, and
// show its ledger record by record.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "retainer/forgotten.h"
#include "retainer/restored.h"
#include "retainer/store.h"
#include "src/store/forget.h"

namespace retainer::store {

// One record of the ledger.
struct LedgerLine {
  std::uint64_t number = 0;  // from 1
  std::string content;       // the bytes that are hashed (codec/ledger_records.h)
  // Only of a record whose content was erased: its leaf in the Merkle tree (32 bytes). `content` is
  // empty then, and what follows is what was kept of it, which no digest covers.
  std::string leaf;
  std::string digest;  // 32 bytes: SHA-256 of the predecessor's digest and the content
  // What the content says.
  TicketKey ticket;
  absl::Time at;
  std::vector<std::string> changes;
  std::vector<std::string> facts;  // their ids, or a kind and a digest
  std::string terms_id;
  std::string commit;
};

// Thread-safe. Errors as the Store's.
class DiskStore : public Store {
 public:
  // Makes a copy of everything that was written before the call, as a new folder that can be
  // opened. Files of tables are shared with the store through hard links, so it takes seconds and
  // little room. The files of the copy never change. REQUIRES: `folder` is an absolute path that
  // does not exist, on the store's disk.
  virtual absl::Status Checkpoint(const std::string& folder) = 0;

  // Visits the ledger's records from number `from` on, as they were at the call, until `visit`
  // returns false. The records are durable. DataLoss names a record that cannot be read.
  virtual absl::Status WalkLedger(std::uint64_t from,
                                  const std::function<bool(LedgerLine&)>& visit) = 0;

  // As VerifyLedger. Asks `goes_on` before each record, and ends with Cancelled when it says no.
  virtual absl::Status VerifyLedgerWhile(const std::function<bool()>& goes_on) = 0;

  // ---- Erasing a person's data
  //
  // BeginForget, then ForgetSome until it says that all is done. Decisions go on meanwhile; those
  // on tickets of the person have to wait (Forgotten::IsUnderWay). What was begun is finished after
  // a restart, by ForgetSome.

  // The people that were forgotten, also those whose erasure is under way. Cheap.
  virtual std::shared_ptr<const Forgotten> forgotten() const = 0;
  // The names that the store knows of a person, from one of them: all that is wanted of
  // `known.ids`, and of `known.logins` if there are no ids. Reads all facts. Cancelled when
  // `goes_on` says no.
  virtual absl::StatusOr<Person> FindPerson(const Person& known,
                                            const std::function<bool()>& goes_on) = 0;
  // How much there is of the person; changes nothing. Reads everything.
  virtual absl::StatusOr<Traces> CountTraces(const Person& person,
                                             const std::function<bool()>& goes_on) = 0;
  // Makes the person's names known as forgotten, with a record in the ledger that names `by` and
  // not the person. Returns the pseudonym: the same one if the person was forgotten before.
  // FailedPrecondition: another erasure is under way. InvalidArgument: no name is given.
  virtual absl::StatusOr<std::string> BeginForget(const Person& person, const std::string& by,
                                                  absl::Time now) = 0;
  // Changes some hundred rows, at last the files: what was replaced is dropped from the disk.
  virtual absl::StatusOr<ForgetState> ForgetSome() = 0;
  // How far the erasure is; changes nothing. Done: none is under way.
  virtual absl::StatusOr<ForgetState> ReadForgetState() = 0;
  // The pseudonym of the person whose erasure is under way; empty: there is none.
  virtual absl::StatusOr<std::string> ForgettingWhom() = 0;

  // The last restore. Nullopt: this store was never restored from a backup.
  virtual absl::StatusOr<std::optional<Restored>> LoadRestored() = 0;
  // Saves that this store was restored. In the same write it asks that every project that the
  // policy covers is read back (ResyncRecord with kRestoredCause): what changed at or after
  // `since`, or more if an unfinished resync wanted more.
  virtual absl::Status SaveRestored(const Restored& restored, absl::Time since) = 0;
};

}  // namespace retainer::store
