#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "retainer/names.h"
#include "retainer/time_zone.h"
#include "src/policy/policy_keys.h"
#include "src/policy/policy_sections.h"

namespace retainer::policy {
namespace {

// `@acme.example` or `someone@acme.example`, in lower case.
std::optional<std::string> ReadEmail(const YamlNode& node, Reader* reader) {
  const std::optional<std::string> text = reader->Text(node, "an e-mail address");
  if (!text) return std::nullopt;
  const std::size_t at = text->find('@');
  const bool ok = at != std::string::npos && text->rfind('@') == at && text->size() <= 254 &&
                  text->find('.', at) != std::string::npos && text->back() != '.' &&
                  (*text)[at + 1] != '.' && text->find_first_of(" \t<>,;\"*") == std::string::npos;
  if (!ok) {
    reader->Error(node, "neither an e-mail address nor a domain",
                  "write someone@acme.example, or @acme.example for all of a domain");
    return std::nullopt;
  }
  return AsciiLower(*text);
}

class CustomerReader {
 public:
  CustomerReader(const YamlNode& node, PolicyDraft* draft)
      : node_(node), draft_(*draft), reader_(draft->reader) {}

  void Read() {
    if (!reader_.Map(node_, "a customer", policy_keys::Customer())) return;
    if (!ReadNames()) return;
    ReadEntitlements(node_, &customer_, &draft_);
    ReadZone();
    if (const YamlNode* crm = node_.Find("crm")) ReadCrm(*crm);
    if (const YamlNode* contacts = node_.Find("contacts")) ReadContacts(*contacts);
    if (const YamlNode* projects = node_.Find("projects")) {
      customer_.projects = reader_.ProjectPatterns(*projects);
    }
    if (const YamlNode* visibility = node_.Find("visibility")) {
      customer_.is_public = visibility->scalar == "public";
      if (!customer_.is_public && visibility->scalar != "private") {
        reader_.Error(*visibility, "unknown visibility", "write private or public");
      }
    }
    if (const YamlNode* calendars = node_.Find("calendars")) {
      customer_.calendars = ReadCalendarNames(*calendars, &draft_);
      CheckDays(*calendars);
    }
    if (!customer_.is_public && customer_.alias.empty()) {
      Warn(*node_.Find("id"),
           absl::StrCat("customer \"", customer_.id,
                        "\" is private and has no alias: who claims a ticket for it in a comment "
                        "names it in public"),
           "add an alias that does not tell who it is, e.g. alias: c-7f3");
    }
    draft_.policy.customers.push_back(std::move(customer_));
  }

 private:
  bool ReadNames() {
    const YamlNode* id = node_.Find("id");
    if (id == nullptr) {
      reader_.Error(node_, "a customer without id", "write e.g. id: acme");
      return false;
    }
    const auto name = reader_.Name(*id, "the id of a customer");
    if (!name) return false;
    // Words that begin lines of the ledger beside the ids of customers.
    for (const std::string_view taken : {"community", "customer", "gate"}) {
      if (*name != taken) continue;
      reader_.Error(*id, absl::StrCat("\"", *name, "\" cannot be the id of a customer"),
                    "choose another id, e.g. acme");
      return false;
    }
    customer_.id = *name;
    if (!IsFree(*id, *name, false)) return false;
    customer_.name = *name;
    if (const YamlNode* alias = node_.Find("alias")) {
      const auto text = reader_.Name(*alias, "the alias of a customer");
      if (text && IsFree(*alias, *text, true)) customer_.alias = *text;
    }
    if (const YamlNode* full = node_.Find("name")) {
      customer_.name = reader_.Text(*full, "name").value_or(customer_.name);
    }
    return true;
  }

  bool IsFree(const YamlNode& node, const std::string& name, bool is_alias) {
    const auto [found, is_new] =
        draft_.customers.emplace(FoldName(name), PolicyDraft::Owned{customer_.id, &node});
    if (is_new) return true;
    const PolicyDraft::Owned& other = found->second;
    if (is_alias && other.customer == customer_.id) {
      reader_.Error(node, absl::StrCat("\"", name, "\" is the customer's id and its alias"),
                    "choose an alias that does not tell who it is, e.g. c-7f3, or leave it out");
    } else {
      reader_.Error(node,
                    absl::StrCat("\"", name, "\" is the id or alias of customer \"", other.customer,
                                 "\" already", InBrackets(*other.at)),
                    "give each customer an id and an alias of its own");
    }
    return false;
  }

  void ReadZone() {
    const YamlNode* node = node_.Find("time_zone");
    if (node == nullptr) return;
    const auto name = reader_.Text(*node, "time_zone");
    absl::TimeZone zone;
    if (!name) return;
    if (!LoadNamedZone(*name, &zone)) {
      reader_.Error(*node, "unknown time zone",
                    "write a name of the IANA database that is the same on each machine, e.g. "
                    "Europe/Paris or UTC");
      return;
    }
    customer_.time_zone = *name;
  }

  // What the customer is called in other systems, for example a CRM. It goes with every signed
  // event about the customer.
  void ReadCrm(const YamlNode& node) {
    if (!reader_.NamedMap(node, "crm")) return;
    for (std::size_t i = 0; i < node.keys.size(); ++i) {
      const auto system = reader_.Name(node.keys[i], "the name of a system");
      const auto id = reader_.Text(node.values[i], "an id");
      if (system && id) customer_.crm.emplace(*system, *id);
    }
  }

  void ReadContacts(const YamlNode& node) {
    if (!reader_.Map(node, "contacts", policy_keys::Contacts())) return;
    Contacts& contacts = customer_.contacts;
    if (const YamlNode* list = node.Find("logins")) {
      for (const YamlNode& item : reader_.List(*list, "logins")) {
        const auto login = reader_.ReadLogin(item, "a login");
        if (!login) continue;
        CheckBot(item, *login);
        CheckTeam(item, *login);
        if (IsNobodyElses(item, "login", LoginKey(*login))) contacts.logins.push_back(*login);
      }
    }
    CheckCount(node);
    if (const YamlNode* list = node.Find("organizations")) {
      for (const YamlNode& item : reader_.List(*list, "organizations")) {
        const auto login = reader_.ReadLogin(item, "an organization");
        if (login && IsNobodyElses(item, "organization", LoginKey(*login))) {
          contacts.organizations.push_back(*login);
        }
      }
    }
    if (const YamlNode* list = node.Find("emails")) {
      for (const YamlNode& item : reader_.List(*list, "emails")) {
        const auto email = ReadEmail(item, &reader_);
        if (email && IsNobodyElses(item, "email", *email)) contacts.emails.push_back(*email);
      }
    }
  }

  // The plan with the fewest contacts counts.
  void CheckCount(const YamlNode& node) {
    for (const Entitlement& held : customer_.entitlements) {
      const auto plan = draft_.policy.plans.find(held.plan);
      if (plan == draft_.policy.plans.end() || !plan->second.most_contacts) continue;
      const std::size_t count = customer_.contacts.logins.size();
      if (count <= static_cast<std::size_t>(*plan->second.most_contacts)) continue;
      reader_.Error(node,
                    absl::StrCat("customer \"", customer_.id, "\" has ", count,
                                 " logins as contacts, but plan \"", held.plan, "\" has ",
                                 *plan->second.most_contacts),
                    "remove some, or raise contacts.max of the plan");
      return;
    }
  }

  void CheckBot(const YamlNode& node, const Login& login) {
    if (!draft_.bots.contains(LoginKey(login))) return;
    reader_.Error(node, "a contact that is one of the bots", "take it out of one of the lists");
  }

  // Both roles are kept: a supplier's staff may also be a customer's contacts.
  void CheckTeam(const YamlNode& node, const Login& login) {
    const auto team = draft_.members.find(LoginKey(login));
    if (team == draft_.members.end()) return;
    Warn(node,
         absl::StrCat(login.forge, ":", login.name, " is a contact of \"", customer_.id,
                      "\" and in the team \"", team->second,
                      "\": on this customer's tickets the contact wins, so nothing that ",
                      login.name, " writes there is an answer; on all others the team does"),
         "take the login out of one of the two, unless that is meant");
  }

  void Warn(const YamlNode& at, std::string what, std::string mend) {
    draft_.warnings.push_back(ProblemAt(reader_.PlaceOf(at), std::move(what), std::move(mend)));
  }

  // One contact of two customers would make it unclear whose tickets the contact opens.
  bool IsNobodyElses(const YamlNode& node, std::string_view kind, const std::string& key) {
    const auto [found, is_new] = draft_.contacts.emplace(absl::StrCat(std::string(kind), " ", key),
                                                         PolicyDraft::Owned{customer_.id, &node});
    const PolicyDraft::Owned& other = found->second;
    if (is_new) return true;
    if (other.customer == customer_.id) {
      Warn(node, absl::StrCat("\"", key, "\" is listed twice", InBrackets(*other.at)), "keep one");
      return false;
    }
    reader_.Error(node,
                  absl::StrCat("\"", key, "\" is a contact of customer \"", other.customer,
                               "\" already", InBrackets(*other.at)),
                  "a contact belongs to one customer");
    return false;
  }

  void CheckDays(const YamlNode& node) {
    const auto with_days = std::find_if(
        customer_.entitlements.begin(), customer_.entitlements.end(),
        [&](const Entitlement& held) { return draft_.plans_with_days.contains(held.plan); });
    if (with_days == customer_.entitlements.end()) return;
    for (const std::string& name : customer_.calendars) {
      if (draft_.always_open.contains(name)) continue;
      reader_.Error(node,
                    absl::StrCat("plan \"", with_days->plan,
                                 "\" counts whole days (d, w), but "
                                 "calendar \"",
                                 name, "\" closes"),
                    "write the plan in business days (bd) or hours, or use calendars that are "
                    "always open");
    }
  }

  const YamlNode& node_;
  PolicyDraft& draft_;
  Reader& reader_;
  Customer customer_;
};

}  // namespace

void ReadTeams(const YamlNode& node, PolicyDraft* draft) {
  Reader& reader = draft->reader;
  if (!reader.NamedMap(node, "teams")) return;
  for (std::size_t i = 0; i < node.keys.size(); ++i) {
    const auto name = reader.Name(node.keys[i], "the name of a team");
    if (!name || !IsNew(*name, "team", node.keys[i], draft)) continue;
    Team team;
    team.name = *name;
    const YamlNode& value = node.values[i];
    if (reader.Map(value, "a team", policy_keys::Team())) {
      if (const YamlNode* members = value.Find("members")) {
        team.members = reader.Logins(*members, "members", "a login");
        for (const Login& member : team.members) {
          draft->members.emplace(LoginKey(member), *name);
          if (!draft->bots.contains(LoginKey(member))) continue;
          reader.Error(*members,
                       absl::StrCat("team \"", *name, "\" has a bot among its members: ",
                                    member.forge, ":", member.name),
                       "take it out of one of the lists");
        }
      }
      if (const YamlNode* labels = value.Find("labels")) {
        team.labels = reader.Texts(*labels, "labels");
      }
      if (const YamlNode* sinks = value.Find("sinks")) {
        team.sinks = reader.Texts(*sinks, "sinks");
        for (const YamlNode& item : sinks->items) {
          draft->places.sinks.try_emplace({*name, item.scalar}, reader.PlaceOf(item));
        }
      }
    }
    draft->policy.teams.emplace(*name, std::move(team));
  }
}

void ReadCustomers(const YamlNode& node, PolicyDraft* draft) {
  for (const YamlNode& item : draft->reader.List(node, "customers")) {
    CustomerReader(item, draft).Read();
  }
}

}  // namespace retainer::policy
