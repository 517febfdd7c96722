#include "src/ledger/checkpoint.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "src/base/view.h"

namespace retainer::ledger {
namespace {

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;

constexpr std::string_view kSignatureMark = "\xE2\x80\x94 ";  // an em dash and a blank
constexpr unsigned char kEd25519 = 1;                         // signed-note's number of the method
constexpr std::size_t kSignatureSize = 64;
constexpr std::size_t kKeyIdSize = 4;

// Without a passphrase nobody is asked for one.
int NoPassphrase(char*, int, int, void*) { return 0; }

Key OnlyEd25519(EVP_PKEY* key) {
  if (key != nullptr && EVP_PKEY_id(key) != EVP_PKEY_ED25519) {
    EVP_PKEY_free(key);
    key = nullptr;
  }
  return {key, EVP_PKEY_free};
}

std::unique_ptr<BIO, decltype(&BIO_free)> Memory(std::string_view pem) {
  return {BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), BIO_free};
}

Key ReadPrivate(std::string_view pem) {
  return OnlyEd25519(PEM_read_bio_PrivateKey(Memory(pem).get(), nullptr, NoPassphrase, nullptr));
}

Key ReadEither(std::string_view pem) {
  Key key = OnlyEd25519(PEM_read_bio_PUBKEY(Memory(pem).get(), nullptr, NoPassphrase, nullptr));
  return key != nullptr ? std::move(key) : ReadPrivate(pem);
}

// Identifies the key in a note: SHA-256(name, line end, method, public key), the first bytes.
std::string KeyId(std::string_view origin, EVP_PKEY* key) {
  std::array<unsigned char, 32> bytes{};
  std::size_t size = bytes.size();
  EVP_PKEY_get_raw_public_key(key, bytes.data(), &size);
  const std::string_view raw(reinterpret_cast<const char*>(bytes.data()), size);
  const char method = kEd25519;
  return base::ToBytes(base::Sha256({origin, "\n", std::string_view(&method, 1), raw}))
      .substr(0, kKeyIdSize);
}

std::string SignedText(const Checkpoint& checkpoint) {
  return absl::StrCat(checkpoint.origin, "\n", checkpoint.size, "\n",
                      absl::Base64Escape(base::ToBytes(checkpoint.root)), "\n");
}

absl::Status NoCheckpoint() {
  return absl::InvalidArgumentError(
      "this is no checkpoint: give the text that `retainer ledger checkpoint` printed, unchanged");
}

}  // namespace

absl::Status CheckOrigin(std::string_view origin) {
  const bool good = !origin.empty() && origin.size() <= 255 &&
                    std::all_of(origin.begin(), origin.end(),
                                [](char c) { return c > ' ' && c < 0x7f && c != '+'; });
  if (good) return absl::OkStatus();
  return absl::InvalidArgumentError(
      "an origin is a name without blanks and +, like desk.example.com");
}

absl::StatusOr<std::string> SignCheckpoint(const Checkpoint& checkpoint,
                                           std::string_view private_key) {
  if (absl::Status origin = CheckOrigin(checkpoint.origin); !origin.ok()) return origin;
  const Key key = ReadPrivate(private_key);
  if (key == nullptr) {
    return absl::InvalidArgumentError(
        "the key is no private Ed25519 key in PEM without a passphrase: make one with `openssl "
        "genpkey -algorithm ed25519 -out FILE`");
  }
  const std::string text = SignedText(checkpoint);
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                        EVP_MD_CTX_free);
  std::array<unsigned char, kSignatureSize> signature{};
  std::size_t size = signature.size();
  if (context == nullptr ||
      EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key.get()) != 1 ||
      EVP_DigestSign(context.get(), signature.data(), &size,
                     reinterpret_cast<const unsigned char*>(text.data()), text.size()) != 1) {
    return absl::InternalError("OpenSSL cannot sign with Ed25519");
  }
  return absl::StrCat(
      text, "\n", base::View(kSignatureMark), checkpoint.origin, " ",
      absl::Base64Escape(KeyId(checkpoint.origin, key.get()) +
                         std::string(reinterpret_cast<const char*>(signature.data()), size)),
      "\n");
}

absl::StatusOr<Checkpoint> ReadCheckpoint(std::string_view text, std::string_view key) {
  const Key known = ReadEither(key);
  if (known == nullptr) {
    return absl::InvalidArgumentError(
        "the key is no Ed25519 key in PEM: make the public one with `openssl pkey -in FILE "
        "-pubout`");
  }
  const std::vector<std::string> lines = absl::StrSplit(base::View(text), '\n');
  Checkpoint checkpoint;
  // Three lines, an empty one, at least one signature, and the end of the last line.
  if (lines.size() < 6 || !lines[3].empty() || !lines.back().empty()) return NoCheckpoint();
  checkpoint.origin = lines[0];
  std::optional<base::Digest> root = base::DigestFromBase64(lines[2]);
  if (!CheckOrigin(checkpoint.origin).ok() || !absl::SimpleAtoi(lines[1], &checkpoint.size) ||
      !root) {
    return NoCheckpoint();
  }
  checkpoint.root = *root;
  // What was signed has one spelling only: no sign, no leading zeros.
  const std::string spelled = SignedText(checkpoint);
  if (text.substr(0, spelled.size()) != spelled) return NoCheckpoint();
  const std::string id = KeyId(checkpoint.origin, known.get());
  // Others may have signed too. Only the key that we know counts.
  for (std::size_t i = 4; i + 1 < lines.size(); ++i) {
    absl::string_view line = lines[i];
    std::string bytes;
    if (!absl::ConsumePrefix(&line, base::View(kSignatureMark)) ||
        !absl::ConsumePrefix(&line, absl::StrCat(checkpoint.origin, " ")) ||
        !absl::Base64Unescape(line, &bytes) || bytes.size() != kKeyIdSize + kSignatureSize ||
        bytes.substr(0, kKeyIdSize) != id) {
      continue;
    }
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                          EVP_MD_CTX_free);
    if (context != nullptr &&
        EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, known.get()) == 1 &&
        EVP_DigestVerify(context.get(),
                         reinterpret_cast<const unsigned char*>(bytes.data()) + kKeyIdSize,
                         kSignatureSize, reinterpret_cast<const unsigned char*>(spelled.data()),
                         spelled.size()) == 1) {
      return checkpoint;
    }
  }
  return absl::DataLossError(
      "the checkpoint is not signed with this key, or was changed after it was signed");
}

}  // namespace retainer::ledger
