// retainer ledger: that the record of decisions is whole, and proofs for those who were not there.
#include <sys/stat.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "src/cli/asking.h"
#include "src/cli/command.h"
#include "src/cli/loading.h"
#include "src/cli/operations.h"
#include "src/ledger/checkpoint.h"

namespace retainer::cli {
namespace {

using Json = nlohmann::ordered_json;

struct LedgerOptions {
  std::string config;
  std::string key;
  std::string origin;
  std::string checkpoint;
  std::string since;
  std::string ticket;
  std::string customer;
  std::uint64_t record = 0;
};

// Larger than any key or checkpoint.
constexpr std::size_t kMostBytes = 64 << 10;

std::string ReadSmallFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text(kMostBytes, '\0');
  file.read(text.data(), kMostBytes);
  if (!file && !file.eof()) {
    Fail(kWrongUsage, absl::StrCat("cannot read ", path, ": ", std::strerror(errno)));
  }
  text.resize(static_cast<std::size_t>(file.gcount()));
  return text;
}

std::string ReadPrivateKey(const std::string& path) {
  struct stat info {};
  if (stat(path.c_str(), &info) == 0 && (info.st_mode & 077) != 0) {
    Fail(kWrongUsage, absl::StrCat("others can read ", path, ": run `chmod 600 ", path, "`"));
  }
  return ReadSmallFile(path);
}

// The owner of the store answers; the private key stays in this process.
class Ledger {
 public:
  explicit Ledger(const LedgerOptions& options) : config_(Load(options)), talk_(MakeTalk()) {}

  const Config& config() const { return config_; }
  Answered Ask(const Json& request) {
    auto answered = talk_.Ask(request.dump());
    if (absl::IsDataLoss(answered.status()) || absl::IsOutOfRange(answered.status())) {
      Fail(kAnswerIsNo, std::string(answered.status().message()));
    }
    if (!answered.ok()) Fail(answered.status());
    return *std::move(answered);
  }
  Json AskData(const Json& request) { return Json::parse(Ask(request).data); }

 private:
  static Config Load(const LedgerOptions& options) {
    auto config = LoadConfigFile(options.config, Secrets::kLeft);
    if (!config.ok()) Fail(config.status());
    return *std::move(config);
  }
  StoreTalk MakeTalk() const {
    return StoreTalk(config_, StoreTalk::Terms::kRecorded, Service::Parts::kStore);
  }

  const Config config_;
  StoreTalk talk_;
};

// A checkpoint of a file whose signature and root are right. `text` becomes the file's text.
ledger::Checkpoint Known(Ledger& ledger, const std::string& path, const std::string& key,
                         std::string* text) {
  *text = ReadSmallFile(path);
  auto checkpoint = ledger::ReadCheckpoint(*text, key);
  if (absl::IsDataLoss(checkpoint.status())) {
    Fail(kAnswerIsNo, absl::StrCat(path, ": ", std::string(checkpoint.status().message())));
  }
  if (!checkpoint.ok()) {
    Fail(kWrongUsage, absl::StrCat(path, ": ", std::string(checkpoint.status().message())));
  }
  const Json now = ledger.AskData({{"op", "ledger root"}, {"size", checkpoint->size}});
  if (now.at("root") != absl::Base64Escape(base::ToBytes(checkpoint->root))) {
    Fail(kAnswerIsNo, absl::StrCat("the first ", checkpoint->size, " records are not those that ",
                                   path, " was signed for: records were changed since"));
  }
  return *std::move(checkpoint);
}

void Verify(const LedgerOptions& options) {
  if (options.checkpoint.empty() != options.key.empty()) {
    Fail(kWrongUsage, "--checkpoint and --key belong together");
  }
  Ledger ledger(options);
  std::cout << Printable(ledger.Ask({{"op", "ledger verify"}}).text);
  if (options.checkpoint.empty()) return;
  std::string text;
  const ledger::Checkpoint known =
      Known(ledger, options.checkpoint, ReadSmallFile(options.key), &text);
  std::cout << "The first " << known.size << " are those that " << PrintableLine(options.checkpoint)
            << " was signed for.\n";
}

void Export(const LedgerOptions& options) {
  Ledger ledger(options);
  std::uint64_t next = 1;
  while (true) {
    const Json page = ledger.AskData({{"op", "ledger list"}, {"from", next}});
    const Json& records = page.at("records");
    if (records.empty()) return;
    for (const Json& record : records) std::cout << record.dump() << "\n";
    next = records.back().at("number").get<std::uint64_t>() + 1;
  }
}

std::string OriginFor(const LedgerOptions& options, const Config& config) {
  if (!options.origin.empty()) return options.origin;
  absl::string_view url = config.public_url;
  absl::ConsumePrefix(&url, "https://");
  absl::ConsumePrefix(&url, "http://");
  absl::ConsumeSuffix(&url, "/");
  return url.empty() ? "retainer" : std::string(url);
}

void Sign(const LedgerOptions& options) {
  const std::string key = ReadPrivateKey(options.key);
  Ledger ledger(options);
  const Json now = ledger.AskData({{"op", "ledger root"}});
  ledger::Checkpoint checkpoint;
  checkpoint.origin = OriginFor(options, ledger.config());
  checkpoint.size = now.at("size").get<std::uint64_t>();
  const auto root = base::DigestFromBase64(now.at("root").get<std::string>());
  if (!root) Fail(kWrongUsage, "the service's answer is not readable: is it of another version?");
  checkpoint.root = *root;
  const auto text = ledger::SignCheckpoint(checkpoint, key);
  if (!text.ok()) Fail(kWrongUsage, std::string(text.status().message()));
  std::cout << *text;
}

void Prove(const LedgerOptions& options) {
  const int asked = static_cast<int>(!options.ticket.empty()) +
                    static_cast<int>(!options.customer.empty()) +
                    static_cast<int>(options.record != 0);
  if (asked > 1 || (asked == 0 && options.since.empty())) {
    Fail(kWrongUsage,
         "say what to prove: one of --ticket T, --customer C, --record N; or --since CHECKPOINT");
  }
  const std::string key = ReadSmallFile(options.key);
  Ledger ledger(options);
  std::string text;
  const ledger::Checkpoint to = Known(ledger, options.checkpoint, key, &text);
  Json bundle = {{"checkpoint", text}};
  if (!options.since.empty()) {
    const ledger::Checkpoint from = Known(ledger, options.since, key, &text);
    const Json proof =
        ledger.AskData({{"op", "ledger consistency"}, {"from", from.size}, {"to", to.size}});
    bundle["since"] = text;
    bundle["consistency"] = proof.at("proof");
  }
  bundle["records"] = Json::array();
  bool more = asked == 1;
  std::uint64_t after = 0;
  std::uint64_t left_out = 0;
  while (more) {
    Json page = ledger.AskData({{"op", "ledger prove"},
                                {"size", to.size},
                                {"after", after},
                                {"ticket", options.ticket},
                                {"customer", options.customer},
                                {"record", options.record}});
    for (Json& record : page.at("records")) {
      after = record.at("number").get<std::uint64_t>();
      bundle["records"].push_back(std::move(record));
    }
    left_out += page.at("left_out").get<std::uint64_t>();
    more = page.at("more").get<bool>();
  }
  std::cout << bundle.dump(2) << "\n";
  // For whom it is made decides what may be in it.
  if (!options.ticket.empty() || options.record != 0) {
    std::cerr
        << "These records name every customer of the ticket, private ones too: for a customer "
           "use --customer.\n";
  } else if (left_out != 0) {
    std::cerr << left_out << " records about " << PrintableLine(options.customer)
              << " are left out, because they say something about others too.\n";
  }
}

}  // namespace

void RegisterLedger(CLI::App& app) {
  CLI::App* ledger = app.add_subcommand(
      "ledger", "The record of decisions: verify, export, sign a checkpoint, prove");
  ledger->require_subcommand(1);
  auto options = std::make_shared<LedgerOptions>();
  const auto add = [&](const std::string& name, const std::string& about) {
    CLI::App* action = ledger->add_subcommand(name, about);
    action->add_option("--config", options->config, "The service's configuration")->required();
    return action;
  };

  CLI::App* verify = add("verify", "Says whether every record follows from the one before");
  verify->add_option("--checkpoint", options->checkpoint, "A checkpoint that was kept elsewhere");
  verify->add_option("--key", options->key, "The key of the checkpoint, PEM");
  verify->footer(
      "Exit codes: 0 it is whole, 1 a record was changed, removed or damaged: its number is "
      "named.\n"
      "Example: retainer ledger verify --config retainer.yaml --checkpoint june.txt --key "
      "ledger.pub");
  verify->callback([options] { Verify(*options); });

  CLI::App* list = add("export", "Prints every record as a line of JSON");
  list->footer("Example: retainer ledger export --config retainer.yaml > ledger.jsonl");
  list->callback([options] { Export(*options); });

  CLI::App* sign = add("checkpoint", "Signs what the ledger is now: keep it where we cannot write");
  sign->add_option("--key", options->key,
                   "The private Ed25519 key, PEM; the service never reads it")
      ->required();
  sign->add_option("--origin", options->origin, "Which ledger; the public URL's host by default");
  sign->footer(
      "Make a key once: openssl genpkey -algorithm ed25519 -out ledger.pem && chmod 600 "
      "ledger.pem\n"
      "Its public half: openssl pkey -in ledger.pem -pubout -out ledger.pub\n"
      "Example: retainer ledger checkpoint --config retainer.yaml --key ledger.pem > june.txt");
  sign->callback([options] { Sign(*options); });

  CLI::App* prove = add("prove", "Prints records with their proofs, for somebody else to check");
  prove->add_option("--checkpoint", options->checkpoint, "The checkpoint that they have")
      ->required();
  prove->add_option("--key", options->key, "The key of the checkpoint, PEM")->required();
  prove->add_option("--ticket", options->ticket,
                    "The records of a ticket, about all its customers: github:owner/repo#12");
  prove->add_option("--customer", options->customer,
                    "Records that are about this customer (its id) and nobody else");
  prove->add_option("--record", options->record, "One record, by its number");
  prove->add_option("--since", options->since,
                    "An earlier checkpoint: proves that its records are still there, unchanged");
  prove->footer(
      "deploy/ledger/check.py (in the package: /usr/share/retainer/ledger/check.py) checks the "
      "output\nwith nothing of ours. A proof shows how many records the ledger has. It does not "
      "show "
      "that\nthere are no others about the customer.\n"
      "Example: retainer ledger prove --config retainer.yaml --checkpoint june.txt --key "
      "ledger.pub "
      "\\\n  --customer acme > acme-june.json");
  prove->callback([options] { Prove(*options); });
}

}  // namespace retainer::cli
