#include "src/cli/ledger_operations.h"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "retainer/instant_text.h"
#include "retainer/policy.h"
#include "src/base/digest.h"
#include "src/ledger/merkle_tree.h"
#include "src/pipeline/ticket_names.h"

namespace retainer::cli {
namespace {

using Json = nlohmann::ordered_json;

std::string Base64(const base::Digest& digest) { return absl::Base64Escape(base::ToBytes(digest)); }

Json PathJson(const std::vector<base::Digest>& path) {
  Json json = Json::array();
  for (const base::Digest& digest : path) json.push_back(Base64(digest));
  return json;
}

// Looking costs a system call, and reading a record some microseconds.
constexpr std::uint64_t kLookEvery = 256;

absl::Status Nobody() { return absl::CancelledError("nobody waits for the answer any more"); }

// As DiskStore::WalkLedger; Cancelled when nobody waits any more.
absl::Status Walk(store::DiskStore& store, std::uint64_t from, const Gone& gone,
                  const std::function<bool(store::LedgerLine&)>& visit) {
  bool left = false;
  const absl::Status walked = store.WalkLedger(from, [&](store::LedgerLine& line) {
    left = line.number % kLookEvery == 0 && gone();
    return !left && visit(line);
  });
  return walked.ok() && left ? Nobody() : walked;
}

// A record's leaf in the tree; of an erased one it is all that is left.
base::Digest LeafOf(const store::LedgerLine& line) {
  if (line.leaf.empty()) return ledger::LeafOf(line.content);
  base::Digest leaf{};
  std::copy_n(line.leaf.begin(), std::min(leaf.size(), line.leaf.size()), leaf.begin());
  return leaf;
}

// Calls `add` with the leaf of each of the first `size` records, in order. DataLoss if one is
// missing.
absl::Status ReadRecords(store::DiskStore& store, std::uint64_t size, const Gone& gone,
                         const std::function<void(const base::Digest&)>& add) {
  if (size == 0) return absl::OkStatus();
  std::uint64_t read = 0;
  bool whole = true;
  const absl::Status walked = Walk(store, 1, gone, [&](store::LedgerLine& line) {
    whole = line.number == read + 1;
    if (!whole) return false;
    add(LeafOf(line));
    return ++read < size;
  });
  if (!walked.ok()) return walked;
  if (whole && read == size) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat("ledger record ", read + 1, " is missing"));
}

absl::StatusOr<ledger::MerkleTree> ReadTree(store::DiskStore& store, std::uint64_t size,
                                            const Gone& gone) {
  ledger::MerkleTree tree;
  const absl::Status read =
      ReadRecords(store, size, gone, [&](const base::Digest& leaf) { tree.AddLeaf(leaf); });
  if (!read.ok()) return read;
  return tree;
}

// The size that a request names, or all.
absl::StatusOr<std::uint64_t> SizeOf(store::DiskStore& store, const Json& request,
                                     const char* name) {
  const auto head = store.ReadLedgerHead();
  if (!head.ok()) return head.status();
  const std::uint64_t size = Number(request, name, head->length);
  if (size <= head->length) return size;
  return absl::OutOfRangeError(absl::StrCat("the ledger has only ", head->length, " records, not ",
                                            size, ": records were removed, or it is another one"));
}

// True if a change is about one promise of `name` (`acme first_response: running -> met`) or about
// what the customer itself did (`customer acme: …`).
bool IsAbout(absl::string_view change, const std::string& name) {
  if (absl::StartsWith(change, absl::StrCat("customer ", name, ": "))) return true;
  if (!absl::ConsumePrefix(&change, absl::StrCat(name, " "))) return false;
  const std::size_t colon = change.find(": ");
  return colon != absl::string_view::npos && ParseMetric({change.data(), colon}).has_value();
}

// Rationale: a record may list changes of several customers. One that is about somebody else too,
// or rests on what the forge was asked about persons, would tell a customer who else is there.
bool SaysNothingOfOthers(const store::LedgerLine& line, const std::string& customer) {
  const bool alone =
      std::all_of(line.changes.begin(), line.changes.end(),
                  [&](const std::string& change) { return IsAbout(change, customer); });
  const bool asked = std::any_of(line.facts.begin(), line.facts.end(), [](const std::string& fact) {
    return absl::StartsWith(fact, "permission:") || absl::StartsWith(fact, "membership:") ||
           absl::StartsWith(fact, "profile:");
  });
  return alone && !asked;
}

Json LineJson(Store& store, const store::LedgerLine& line) {
  // Overrides of the gate are of a project, customers' facts of none.
  Json json = {{"number", line.number},
               {"ticket", line.ticket.number == 0 ? "" : pipeline::NameOf(store, line.ticket)},
               {"at", Rfc3339(line.at)},
               {"changes", line.changes},
               {"facts", line.facts},
               {"policy", line.terms_id},
               {"commit", line.commit},
               {"content", absl::Base64Escape(line.content)},
               {"digest", absl::BytesToHexString(line.digest)}};
  if (line.leaf.empty()) return json;
  // What is readable was kept beside the digests, which do not cover it.
  json.erase("content");
  json["erased"] = true;
  json["leaf"] = absl::Base64Escape(line.leaf);
  return json;
}

}  // namespace

absl::StatusOr<OperationResult> LedgerRoot(store::DiskStore& store, const Json& request,
                                           const Gone& gone) {
  const auto size = SizeOf(store, request, "size");
  if (!size.ok()) return size.status();
  ledger::MerkleRoot root;
  const absl::Status read =
      ReadRecords(store, *size, gone, [&](const base::Digest& leaf) { root.AddLeaf(leaf); });
  if (!read.ok()) return read;
  return OperationResult{"", {{"size", *size}, {"root", Base64(root.Root())}}};
}

absl::StatusOr<OperationResult> VerifyLedger(store::DiskStore& store, const Gone& gone) {
  const auto head = store.ReadLedgerHead();
  if (!head.ok()) return head.status();
  std::uint64_t erased = 0;
  std::uint64_t read = 0;
  bool left = false;
  const absl::Status whole = store.VerifyLedgerWhile([&] {
    left = ++read % kLookEvery == 0 && gone();
    return !left;
  });
  if (left) return Nobody();
  if (!whole.ok()) return whole;
  const absl::Status counted = Walk(store, 1, gone, [&](store::LedgerLine& line) {
    erased += line.leaf.empty() ? 0 : 1;
    return true;
  });
  if (!counted.ok()) return counted;
  std::string text =
      absl::StrCat("Whole: each of ", head->length, " records follows from the one before.\n");
  if (erased > 0) {
    absl::StrAppend(&text, erased,
                    " of them were erased, as later records say: their digests are "
                    "there.\n");
  }
  return OperationResult{std::move(text),
                         {{"length", head->length}, {"digest", head->digest}, {"erased", erased}}};
}

absl::StatusOr<OperationResult> ListLedger(store::DiskStore& store, const Json& request) {
  std::vector<store::LedgerLine> lines;
  const absl::Status walked =
      store.WalkLedger(Number(request, "from", std::uint64_t{1}), [&](store::LedgerLine& line) {
        lines.push_back(std::move(line));
        return lines.size() < kLedgerPage;
      });
  if (!walked.ok()) return walked;
  Json records = Json::array();
  for (const store::LedgerLine& line : lines) records.push_back(LineJson(store, line));
  return OperationResult{"", {{"records", std::move(records)}}};
}

absl::StatusOr<OperationResult> ProveRecords(store::DiskStore& store, const Json& request,
                                             const Gone& gone) {
  const std::string ticket = Text(request, "ticket");
  const std::string customer = Text(request, "customer");
  const auto number = Number(request, "record", std::uint64_t{0});
  const auto after = Number(request, "after", std::uint64_t{0});
  TicketKey key;
  if (!ticket.empty()) {
    const auto ref = pipeline::FindRef(store, ticket);
    if (!ref.ok()) return ref.status();
    const auto project = store.FindProjectByPath({ref->forge, ref->path});
    if (!project.ok()) return project.status();
    if (!*project) {
      return absl::NotFoundError(
          absl::StrCat("no delivery of the project of ", ticket, " ever came: is the name right?"));
    }
    key = {ref->forge, (*project)->key.id, ref->kind, ref->number};
  }
  const auto size = SizeOf(store, request, "size");
  if (!size.ok()) return size.status();
  std::vector<store::LedgerLine> lines;
  bool more = false;
  std::uint64_t left_out = 0;
  const absl::Status walked = Walk(store, after + 1, gone, [&](store::LedgerLine& line) {
    if (line.number > *size) return false;
    bool wanted = line.number == number || (!ticket.empty() && line.ticket == key);
    if (!customer.empty()) {
      wanted = std::any_of(line.changes.begin(), line.changes.end(),
                           [&](const std::string& change) { return IsAbout(change, customer); });
      if (wanted && !SaysNothingOfOthers(line, customer)) {
        ++left_out;
        wanted = false;
      }
    }
    if (!wanted) return true;
    more = lines.size() == kLedgerPage;
    if (!more) lines.push_back(std::move(line));
    return !more;
  });
  if (!walked.ok()) return walked;
  if (lines.empty() && after == 0) {
    return absl::NotFoundError(absl::StrCat(
        "none of the first ", *size, " records is ",
        customer.empty()
            ? "that record or of that ticket"
            : absl::StrCat("about ", customer, " alone: give the id of a customer, not an alias")));
  }
  const auto tree = ReadTree(store, *size, gone);
  if (!tree.ok()) return tree.status();
  Json records = Json::array();
  for (const store::LedgerLine& line : lines) {
    Json record = LineJson(store, line);
    record["proof"] = PathJson(tree->Inclusion(line.number - 1, *size));
    records.push_back(std::move(record));
  }
  return OperationResult{
      "",
      {{"size", *size}, {"records", std::move(records)}, {"left_out", left_out}, {"more", more}}};
}

absl::StatusOr<OperationResult> ProveConsistency(store::DiskStore& store, const Json& request,
                                                 const Gone& gone) {
  const auto from = SizeOf(store, request, "from");
  if (!from.ok()) return from.status();
  const auto to = SizeOf(store, request, "to");
  if (!to.ok()) return to.status();
  if (*from == 0 || *from > *to) {
    return absl::InvalidArgumentError("the older checkpoint comes first, and has a record");
  }
  const auto tree = ReadTree(store, *to, gone);
  if (!tree.ok()) return tree.status();
  return OperationResult{"", {{"proof", PathJson(tree->Consistency(*from, *to))}}};
}

}  // namespace retainer::cli
