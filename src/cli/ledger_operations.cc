#include "src/cli/ledger_operations.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "retainer/instant_text.h"
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

absl::StatusOr<ledger::MerkleTree> ReadTree(store::DiskStore& store) {
  ledger::MerkleTree tree;
  bool whole = true;
  const absl::Status walked = store.WalkLedger(1, [&](store::LedgerLine& line) {
    whole = line.number == tree.size() + 1;
    if (whole) tree.Add(line.content);
    return whole;
  });
  if (!walked.ok()) return walked;
  if (!whole) {
    return absl::DataLossError(absl::StrCat("ledger record ", tree.size() + 1, " is missing"));
  }
  return tree;
}

// The size that a request names, or all.
absl::StatusOr<std::uint64_t> SizeOf(const ledger::MerkleTree& tree, const Json& request,
                                     const char* name) {
  const std::uint64_t size = request.value(name, tree.size());
  if (size <= tree.size()) return size;
  return absl::OutOfRangeError(absl::StrCat("the ledger has only ", tree.size(), " records, not ",
                                            size, ": records were removed, or it is another one"));
}

// Rationale: a record may list changes of several customers. One that is about somebody else too,
// or rests on what the forge was asked about persons, would tell a customer who else is there.
bool IsOnlyOf(const store::LedgerLine& line, const std::string& customer) {
  const auto of = [&](const std::string& change, const std::string& name) {
    return absl::StartsWith(change, absl::StrCat(name, " ")) ||
           absl::StartsWith(change, absl::StrCat("customer ", name, ": "));
  };
  const bool about = std::any_of(line.changes.begin(), line.changes.end(),
                                 [&](const std::string& change) { return of(change, customer); });
  const bool alone =
      std::all_of(line.changes.begin(), line.changes.end(), [&](const std::string& change) {
        return of(change, customer) || absl::StartsWith(change, "community ");
      });
  const bool asked = std::any_of(line.facts.begin(), line.facts.end(), [](const std::string& fact) {
    return absl::StartsWith(fact, "permission:") || absl::StartsWith(fact, "membership:") ||
           absl::StartsWith(fact, "profile:");
  });
  return about && alone && !asked;
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
  return json;
}

}  // namespace

absl::StatusOr<OperationResult> LedgerRoot(store::DiskStore& store, const Json& request) {
  const auto tree = ReadTree(store);
  if (!tree.ok()) return tree.status();
  const auto size = SizeOf(*tree, request, "size");
  if (!size.ok()) return size.status();
  return OperationResult{"", {{"size", *size}, {"root", Base64(tree->Root(*size))}}};
}

absl::StatusOr<OperationResult> VerifyLedger(store::DiskStore& store) {
  const auto head = store.ReadLedgerHead();
  if (!head.ok()) return head.status();
  if (absl::Status whole = store.VerifyLedger(); !whole.ok()) return whole;
  return OperationResult{
      absl::StrCat("Whole: each of ", head->length, " records follows from the one before.\n"),
      {{"length", head->length}, {"digest", head->digest}}};
}

absl::StatusOr<OperationResult> ListLedger(store::DiskStore& store, const Json& request) {
  const auto from = request.value("from", std::uint64_t{1});
  Json records = Json::array();
  const absl::Status walked = store.WalkLedger(from, [&](store::LedgerLine& line) {
    records.push_back(LineJson(store, line));
    return records.size() < kLedgerPage;
  });
  if (!walked.ok()) return walked;
  return OperationResult{"", {{"records", std::move(records)}}};
}

absl::StatusOr<OperationResult> ProveRecords(store::DiskStore& store, const Json& request) {
  const std::string ticket = Text(request, "ticket");
  const std::string customer = Text(request, "customer");
  const auto number = request.value("record", std::uint64_t{0});
  const auto after = request.value("after", std::uint64_t{0});
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
  const auto tree = ReadTree(store);
  if (!tree.ok()) return tree.status();
  const auto size = SizeOf(*tree, request, "size");
  if (!size.ok()) return size.status();
  Json records = Json::array();
  bool more = false;
  const absl::Status walked = store.WalkLedger(after + 1, [&](store::LedgerLine& line) {
    if (line.number > *size) return false;
    const bool wanted = !customer.empty() ? IsOnlyOf(line, customer)
                        : !ticket.empty() ? line.ticket == key
                                          : line.number == number;
    if (!wanted) return true;
    if (records.size() == kLedgerPage) {
      more = true;
      return false;
    }
    Json record = LineJson(store, line);
    record["proof"] = PathJson(tree->Inclusion(line.number - 1, *size));
    records.push_back(std::move(record));
    return true;
  });
  if (!walked.ok()) return walked;
  if (records.empty() && after == 0) {
    return absl::NotFoundError(absl::StrCat(
        "none of the first ", *size, " records is ",
        customer.empty()
            ? "that record or of that ticket"
            : absl::StrCat("about ", customer, " alone: give the id of a customer, not an alias")));
  }
  return OperationResult{"",
                         {{"size", *size},
                          {"root", Base64(tree->Root(*size))},
                          {"records", std::move(records)},
                          {"more", more}}};
}

absl::StatusOr<OperationResult> ProveConsistency(store::DiskStore& store, const Json& request) {
  const auto tree = ReadTree(store);
  if (!tree.ok()) return tree.status();
  const auto from = SizeOf(*tree, request, "from");
  if (!from.ok()) return from.status();
  const auto to = SizeOf(*tree, request, "to");
  if (!to.ok()) return to.status();
  if (*from == 0 || *from > *to) {
    return absl::InvalidArgumentError("the older checkpoint comes first, and has a record");
  }
  return OperationResult{"",
                         {{"from_root", Base64(tree->Root(*from))},
                          {"to_root", Base64(tree->Root(*to))},
                          {"proof", PathJson(tree->Consistency(*from, *to))}}};
}

}  // namespace retainer::cli
