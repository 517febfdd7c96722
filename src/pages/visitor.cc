#include "src/pages/visitor.h"

#include <algorithm>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "retainer/names.h"
#include "src/base/digest.h"
#include "src/pages/cookies.h"
#include "src/pages/page.h"
#include "src/pages/write_access.h"

namespace retainer::pages {
namespace {

constexpr std::size_t kSecretBytes = 32;

// The token proves knowledge of the session's cookie, which scripts and other sites cannot read.
std::string CsrfOf(const std::string& cookie) {
  return absl::WebSafeBase64Escape(base::ToBytes(base::HmacSha256(cookie, {"csrf"})));
}

}  // namespace

Rights RightsOf(const Account& account, const std::vector<Login>& admins, const Policy* policy,
                const Pins& pins, absl::Time now) {
  Rights rights;
  if (account.actor.machine) return rights;
  const std::vector<std::string>& names = pins.NamesOf(account.forge, account.actor.id);
  const auto named = [&](const std::vector<Login>& logins) {
    return std::any_of(logins.begin(), logins.end(), [&](const Login& login) {
      return login.forge == account.forge &&
             std::find(names.begin(), names.end(), FoldName(login.name)) != names.end();
    });
  };
  rights.admin = named(admins);
  if (policy == nullptr) return rights;
  rights.responder = std::any_of(policy->teams.begin(), policy->teams.end(),
                                 [&](const auto& team) { return named(team.second.members); });
  const std::vector<JoinedTime>& joined = pins.JoinedBy(account.forge, account.actor.id);
  for (const Customer& customer : policy->customers) {
    const bool has_joined = std::any_of(joined.begin(), joined.end(), [&](const JoinedTime& time) {
      return time.customer == customer.id && time.since <= now && now < time.until;
    });
    if (has_joined || named(customer.contacts.logins)) rights.customers.push_back(customer.id);
  }
  return rights;
}

pipeline::Reader Rights::reader() const {
  pipeline::Reader reader;
  reader.all_projects = team();
  for (const ProjectRecord& project : projects) reader.keys.push_back(project.key);
  reader.all_customers = desk();
  return reader;
}

std::string Visitor::name() const {
  return session.by_link.empty() ? ToString(session.account)
                                 : absl::StrCat("an admin by the link of ", session.by_link);
}

bool Visitor::IsContactOf(const std::string& customer) const {
  const auto& all = rights.customers;
  return std::find(all.begin(), all.end(), customer) != all.end();
}

absl::StatusOr<Rights> ReadRights(const PageContext& context, const Account& account) {
  const auto pins = context.store.LoadPins();
  if (!pins.ok()) return pins.status();
  const TermsHistory terms = context.desk.terms();
  Rights rights = RightsOf(account, context.admins, terms.empty() ? nullptr : &terms.back()->policy,
                           *pins, context.clock.Now());
  // A customer's contact acts for the desk only if a team names them.
  if (rights.team() || !rights.customers.empty() || account.actor.machine || terms.empty() ||
      context.write_access == nullptr) {
    return rights;
  }
  auto found = context.write_access->ProjectsOf(account, terms);
  if (!found.ok()) return found.status();
  rights.projects = std::move(found->projects);
  rights.complete = found->complete;
  return rights;
}

absl::StatusOr<std::optional<Visitor>> FindVisitor(const PageContext& context,
                                                   const std::string& cookies) {
  const std::string cookie = CookieValue(cookies, SessionCookie(context.secure()));
  if (cookie.empty()) return std::optional<Visitor>();
  const auto session = context.store.FindSession(base::Sha256Hex(cookie));
  if (!session.ok()) return session.status();
  if (!*session || (*session)->expires <= context.clock.Now()) return std::optional<Visitor>();
  Visitor visitor{**session, CsrfOf(cookie), {}};
  if (!visitor.session.by_link.empty()) {
    visitor.rights.admin = true;
    return std::optional<Visitor>(std::move(visitor));
  }
  auto rights = ReadRights(context, (*session)->account);
  if (!rights.ok()) return rights.status();
  visitor.rights = *std::move(rights);
  return std::optional<Visitor>(std::move(visitor));
}

absl::Status PinConfirmed(const PageContext& context, const Account& account) {
  const Login login{account.forge, FoldName(account.actor.login)};
  if (login.name.empty() || account.actor.machine) return absl::OkStatus();
  const bool is_admin =
      std::any_of(context.admins.begin(), context.admins.end(), [&](const Login& admin) {
        return admin.forge == login.forge && FoldName(admin.name) == login.name;
      });
  if (!is_admin && !IsNamed(context.desk.terms(), login)) return absl::OkStatus();
  return context.store.PinLogin(login, account.actor.id);
}

absl::StatusOr<std::string> BeginSession(const PageContext& context, const Account& account,
                                         const std::string& by_link) {
  const auto secret = base::RandomBytes(kSecretBytes);
  if (!secret.ok()) return secret.status();
  const std::string cookie = absl::WebSafeBase64Escape(*secret);
  const absl::Time now = context.clock.Now();
  const absl::Status saved = context.store.SaveSession(
      {base::Sha256Hex(cookie), account, now, now + kSessionLasts, by_link});
  if (!saved.ok()) return saved;
  return cookie;
}

}  // namespace retainer::pages
