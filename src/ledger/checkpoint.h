// Checkpoints: what the ledger was at one instant, signed with an Ed25519 key (RFC 8032).
//
// The text is a signed note, as transparency logs use them (C2SP: tlog-checkpoint, signed-note):
//
//     desk.example.com           the origin: which ledger
//     1234                       the number of records
//     CsUYap…=                   the root of their Merkle tree, base64
//                                an empty line
//     — desk.example.com Az3g…=  4 bytes that identify the key, and the signature; base64
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "src/base/digest.h"

namespace retainer::ledger {

struct Checkpoint {
  std::string origin;
  std::uint64_t size = 0;
  base::Digest root = {};
  friend bool operator==(const Checkpoint&, const Checkpoint&) = default;
};

// InvalidArgument unless it is 1 to 255 printable ASCII characters without blanks and `+`.
absl::Status CheckOrigin(std::string_view origin);

// The signed text. `private_key`: PEM. InvalidArgument, with the mend, for a wrong key or origin;
// the text never contains a part of the key.
absl::StatusOr<std::string> SignCheckpoint(const Checkpoint& checkpoint,
                                           std::string_view private_key);

// Reads a text and checks its signature. `key`: the public key, or the private one, in PEM.
// InvalidArgument: it is no checkpoint, or no such key. DataLoss: the signature is not of this key
// and text.
absl::StatusOr<Checkpoint> ReadCheckpoint(std::string_view text, std::string_view key);

}  // namespace retainer::ledger
