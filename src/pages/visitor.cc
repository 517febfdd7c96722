#include "src/pages/visitor.h"

#include <algorithm>

#include "absl/strings/escaping.h"
#include "retainer/names.h"
#include "src/base/digest.h"
#include "src/pages/cookies.h"
#include "src/pages/page.h"

namespace retainer::pages {
namespace {

constexpr std::size_t kSecretBytes = 32;

// The folded logins that name the account.
std::vector<std::string> NamesOf(const Account& account, const Pins& pins) {
  std::vector<std::string> names = pins.NamesOf(account.forge, account.actor.id);
  std::string login = FoldName(account.actor.login);
  const std::string* pinned = pins.Find({account.forge, login});
  if (pinned == nullptr && !login.empty()) names.push_back(std::move(login));
  return names;
}

// The token proves knowledge of the session's cookie, which scripts and other sites cannot read.
std::string CsrfOf(const std::string& cookie) {
  return absl::WebSafeBase64Escape(base::ToBytes(base::HmacSha256(cookie, {"csrf"})));
}

}  // namespace

Rights RightsOf(const Account& account, const std::vector<Login>& admins, const Policy* policy,
                const Pins& pins, absl::Time now) {
  Rights rights;
  if (account.actor.machine) return rights;
  const std::vector<std::string> names = NamesOf(account, pins);
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

absl::StatusOr<Rights> ReadRights(const PageContext& context, const Account& account) {
  const auto pins = context.store.LoadPins();
  if (!pins.ok()) return pins.status();
  const TermsHistory terms = context.desk.terms();
  return RightsOf(account, context.admins, terms.empty() ? nullptr : &terms.back()->policy, *pins,
                  context.clock.Now());
}

absl::StatusOr<std::optional<Visitor>> FindVisitor(const PageContext& context,
                                                   const std::string& cookies) {
  const std::string cookie = CookieValue(cookies, SessionCookie(context.secure()));
  if (cookie.empty()) return std::optional<Visitor>();
  const auto session = context.store.FindSession(base::Sha256Hex(cookie));
  if (!session.ok()) return session.status();
  if (!*session || (*session)->expires <= context.clock.Now()) return std::optional<Visitor>();
  auto rights = ReadRights(context, (*session)->account);
  if (!rights.ok()) return rights.status();
  return std::optional<Visitor>({**session, CsrfOf(cookie), *std::move(rights)});
}

absl::StatusOr<std::string> BeginSession(const PageContext& context, const Account& account) {
  const auto secret = base::RandomBytes(kSecretBytes);
  if (!secret.ok()) return secret.status();
  const std::string cookie = absl::WebSafeBase64Escape(*secret);
  const absl::Time now = context.clock.Now();
  const absl::Status saved =
      context.store.SaveSession({base::Sha256Hex(cookie), account, now, now + kSessionLasts});
  if (!saved.ok()) return saved;
  return cookie;
}

}  // namespace retainer::pages
