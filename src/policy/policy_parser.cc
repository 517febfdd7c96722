#include "src/policy/policy_parser.h"

#include <algorithm>
#include <functional>
#include <list>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "src/base/view.h"
#include "src/policy/doubts.h"
#include "src/policy/entry_file.h"
#include "src/policy/policy_keys.h"
#include "src/policy/policy_sections.h"

namespace retainer::policy {
namespace {

class PolicyReader {
 public:
  PolicyReader(const std::map<std::string, std::string>& files, PolicyResult* result)
      : problems_(result->problems),
        draft_{.reader = Reader(&result->problems), .files = files, .warnings = result->warnings} {}

  Policy Read() {
    for (const auto& [name, text] : draft_.files) {
      if (absl::EndsWith(name, ".ics")) continue;
      std::optional<YamlNode> tree = ParseYaml(name, text, &problems_, &nodes_left_);
      if (!tree) continue;
      if (tree->IsNull()) {
        if (IsEntryFile(name)) {
          problems_.push_back({name, 1, 1, "the file is empty, so its folder's entry is missing",
                               "write it, or delete the file"});
        }
        continue;
      }
      const YamlNode& policy = documents_.emplace_back(AsPolicy(*std::move(tree)));
      draft_.reader.AddDocument(&AsWritten(policy));
      if (draft_.reader.Map(policy, "a policy", policy_keys::Root(),
                            {policy_keys::Configuration(),
                             "into the configuration (retainer.yaml), not into the policy"})) {
        trees_.push_back(&policy);
      }
    }
    if (trees_.empty()) {
      if (problems_.empty()) {
        problems_.push_back({draft_.files.empty() ? "policy" : draft_.files.begin()->first, 1, 1,
                             "the policy is empty", "write at least version, projects and plans"});
      }
      return {};
    }
    ReadVersion();
    // Each section comes after the sections that it uses.
    Each("bots", [this](const YamlNode& n) {
      for (const Login& bot : draft_.reader.Logins(n, "bots", "a login")) {
        draft_.bots.insert(LoginKey(bot));
        draft_.policy.bots.push_back(bot);
      }
    });
    Each("projects", [this](const YamlNode& n) {
      const std::vector<ProjectRef> found = draft_.reader.ProjectPatterns(n);
      draft_.policy.projects.insert(draft_.policy.projects.end(), found.begin(), found.end());
    });
    Once("since", [this](const YamlNode& n) { draft_.policy.since = draft_.reader.Instant(n); });
    Each("calendars", [this](const YamlNode& n) { ReadCalendars(n, &draft_); });
    Once("priorities", [this](const YamlNode& n) { ReadPriorities(n, &draft_); });
    Each("teams", [this](const YamlNode& n) { ReadTeams(n, &draft_); });
    Each("plans", [this](const YamlNode& n) { ReadPlans(n, &draft_); });
    Once("community", [this](const YamlNode& n) { ReadCommunity(n, &draft_); });
    Each("customers", [this](const YamlNode& n) { ReadCustomers(n, &draft_); });
    Each("requests", [this](const YamlNode& n) { ReadRequests(n, &draft_); });
    Once("feedback", [this](const YamlNode& n) { ReadFeedback(n, &draft_); });
    Once("labels", [this](const YamlNode& n) { ReadLabels(n, &draft_); });
    Once("commands", [this](const YamlNode& n) { ReadCommands(n); });
    Once("badge", [this](const YamlNode& n) { ReadBadge(n); });
    Once("checks", [this](const YamlNode& n) { ReadChecks(n); });
    CheckLabels(*trees_.front(), &draft_);
    RequireSections();
    return std::move(draft_.policy);
  }

  PolicyPlaces TakePlaces() {
    draft_.places.forges = draft_.reader.forges();
    return std::move(draft_.places);
  }

 private:
  void Each(std::string_view key, const std::function<void(const YamlNode&)>& read) {
    for (const YamlNode* tree : trees_) {
      if (const YamlNode* node = tree->Find(key)) read(*node);
    }
  }

  void Once(std::string_view key, const std::function<void(const YamlNode&)>& read) {
    const YamlNode* first = nullptr;
    Each(key, [&](const YamlNode& node) {
      if (first != nullptr) {
        draft_.reader.Error(
            node, absl::StrCat("\"", std::string(key), "\" is given in two files"),
            absl::StrCat("keep one; the first is in ", first->file, " line ", first->line));
        return;
      }
      first = &node;
      read(node);
    });
  }

  void ReadVersion() {
    bool given = false;
    Each("version", [&](const YamlNode& node) {
      given = true;
      if (node.scalar != "1") {
        draft_.reader.Error(node, "unknown version of the policy's form", "write version: 1");
      }
    });
    if (!given) draft_.reader.Error(*trees_.front(), "no version", "write version: 1");
  }

  void ReadCommands(const YamlNode& node) {
    if (!draft_.reader.Map(node, "commands", policy_keys::Commands())) return;
    if (const YamlNode* bare = node.Find("bare")) {
      draft_.policy.bare_commands = draft_.reader.Bool(*bare, "bare").value_or(true);
    }
  }

  void ReadBadge(const YamlNode& node) {
    draft_.policy.public_badge = node.scalar == "public";
    if (!draft_.policy.public_badge && node.scalar != "private") {
      draft_.reader.Error(node, "unknown visibility of the badge", "write private or public");
    }
  }

  void ReadChecks(const YamlNode& node) {
    if (node.scalar == "off") {
      draft_.policy.checks = CheckMode::kOff;
    } else if (node.scalar == "blocking") {
      draft_.policy.checks = CheckMode::kBlocking;
    } else if (node.scalar != "neutral") {
      draft_.reader.Error(node, "unknown kind of check", "write off, neutral or blocking");
    }
  }

  void RequireSections() {
    const auto given = [this](std::string_view key) {
      return std::any_of(trees_.begin(), trees_.end(),
                         [key](const YamlNode* tree) { return tree->Find(key) != nullptr; });
    };
    const auto require = [&](std::string_view key, bool empty, const char* mend) {
      // A value that is present but wrong has a problem already.
      if (!empty || (given(key) && !problems_.empty())) return;
      draft_.reader.Error(*trees_.front(), absl::StrCat("no ", std::string(key)), mend);
    };
    require("projects", draft_.policy.projects.empty(),
            "write e.g. projects: [\"github:acme/opendb\"]");
    if (given("plans")) {
      require("priorities", draft_.policy.priorities.empty(),
              "write e.g. priorities: [{name: P1, title: Production down}]");
    }
  }

  std::vector<Problem>& problems_;
  PolicyDraft draft_;
  std::list<YamlNode> documents_;       // a list, because others point to them
  std::vector<const YamlNode*> trees_;  // those of the documents that are maps
  std::size_t nodes_left_ = kMaxYamlNodesInAll;
};

}  // namespace

bool IsNew(const std::string& name, std::string_view what, const YamlNode& key,
           PolicyDraft* draft) {
  const std::string shown = absl::StrCat(base::View(what), " \"", name, "\"");
  const auto [first, is_new] = draft->defined.emplace(shown, &key);
  if (is_new) return true;
  draft->reader.Error(key, absl::StrCat(shown, " is defined twice", InBrackets(*first->second)),
                      "keep one, or rename it");
  return false;
}

std::string InBrackets(const YamlNode& node) {
  return absl::StrCat(" (", node.file, ", line ", node.line, ")");
}

PolicyResult ParsePolicy(const std::map<std::string, std::string>& files) {
  PolicyResult result;
  PolicyReader reader(files, &result);
  Policy policy = reader.Read();
  result.places = reader.TakePlaces();
  if (result.problems.empty()) {
    for (Problem& doubt : Doubts(policy, result.places)) {
      result.warnings.push_back(std::move(doubt));
    }
    result.policy = std::move(policy);
  }
  return result;
}

std::map<std::string_view, std::vector<std::string_view>> KnownPolicyKeys() {
  namespace keys = policy_keys;
  return {{"policy", keys::Root()},
          {"calendar", keys::Calendar()},
          {"priority", keys::Priority()},
          {"plan", keys::Plan()},
          {"promises", keys::Promises()},
          {"objectives", keys::Metrics()},
          {"escalation", keys::Escalation()},
          {"community", keys::Community()},
          {"team", keys::Team()},
          {"customer", keys::Customer()},
          {"term", keys::Term()},
          {"entitlement", keys::Entitlement()},
          {"hours_block", keys::HoursBlock()},
          {"contact_limit", keys::ContactLimit()},
          {"ticket_limit", keys::TicketLimit()},
          {"github_sponsors", keys::GitHubSponsors()},
          {"github_marketplace", keys::GitHubMarketplace()},
          {"request", keys::Request()},
          {"contacts", keys::Contacts()},
          {"labels", keys::Labels()},
          {"feedback", keys::Feedback()},
          {"commands", keys::Commands()}};
}

}  // namespace retainer::policy
