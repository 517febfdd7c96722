// Signing in with the account of a forge, and signing out.
//
//   /signin/{forge}?next=…   sets the sign-in cookie, and leads to the forge
//   /signed-in/{forge}       where the forge leads back to: begins the session, and leads to `next`
//   /signout                 POST: ends the session
//   /admin/{token}           begins an admin's session by a link of `retainer desk link`
//   /                        leads to the first page that the visitor may see
//
// What the return needs is in the sign-in cookie, with a keyed digest of this process: the state
// that the forge must repeat, the PKCE verifier and the page to return to. So a browser that did
// not begin cannot end (login CSRF), and nothing is stored for strangers. After a restart people
// begin again.
#include <algorithm>
#include <atomic>
#include <memory>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "src/base/digest.h"
#include "src/pages/cookies.h"
#include "src/pages/frame.h"
#include "src/pages/join_links.h"
#include "src/pages/page.h"

namespace retainer::pages {
namespace {

constexpr absl::Duration kSignInLasts = absl::Minutes(10);
constexpr std::size_t kSignInBytes = 32;
// Each waits for a forge on a thread that answers requests.
constexpr int kMostExchanges = 4;
constexpr char kHome[] = "/";

std::string Challenge(const std::string& verifier) {
  return absl::WebSafeBase64Escape(base::ToBytes(base::Sha256({verifier})));
}

// What the browser keeps between going to the forge and coming back.
struct Pending {
  std::string state;
  std::string verifier;
  std::string forge;
  absl::Time expires;
  std::string next;
};

class SignInPages {
 public:
  SignInPages(const PageContext& context, std::string key)
      : context_(context), key_(std::move(key)) {}

  PageAnswer Begin(const PageVisit& visit) {
    const SignIn* forge = Find(visit.in_path);
    if (forge == nullptr) return NothingHere();
    const auto next = visit.request.query.find("next");
    Pending pending;
    pending.next =
        next != visit.request.query.end() && IsOwnPath(next->second) ? next->second : kHome;
    pending.forge = forge->forge();
    pending.expires = context_.clock.Now() + kSignInLasts;
    for (std::string* secret : {&pending.state, &pending.verifier}) {
      const auto random = base::RandomBytes(kSignInBytes);
      if (!random.ok()) return NotNow(context_.log, "sign-in", random.status());
      *secret = absl::WebSafeBase64Escape(*random);
    }
    PageAnswer answer =
        Redirect(forge->AuthorizeUrl(pending.state, Challenge(pending.verifier), Callback(*forge)));
    answer.headers.emplace_back(
        "Set-Cookie",
        SetCookie(SignInCookie(context_.secure()), Seal(pending), kSignInLasts, context_.secure()));
    return answer;
  }

  PageAnswer Return(const PageVisit& visit) {
    SignIn* forge = Find(visit.in_path);
    if (forge == nullptr) return NothingHere();
    PageAnswer answer = Finish(visit, forge);
    // Whatever came of it, this attempt is over.
    answer.headers.emplace_back("Set-Cookie", SetCookie(SignInCookie(context_.secure()), "",
                                                        absl::ZeroDuration(), context_.secure()));
    return answer;
  }

  PageAnswer SignOut(const PageVisit& visit) {
    const absl::Status ended = context_.store.EndSession(visit.visitor->session.hash);
    if (!ended.ok()) return NotNow(context_.log, "sign-out", ended);
    PageAnswer answer = Message(200, "You are signed out", "You can close this page.");
    answer.headers.emplace_back("Set-Cookie", SetCookie(SessionCookie(context_.secure()), "",
                                                        absl::ZeroDuration(), context_.secure()));
    return answer;
  }

  // Follows an admin link. Looking ahead (HEAD) does not use it up.
  PageAnswer FollowAdminLink(const PageVisit& visit) const {
    if (visit.request.method != "GET") return NothingHere();
    const auto link =
        context_.store.TakeAdminLink(base::Sha256Hex(visit.in_path), context_.clock.Now());
    if (!link.ok()) return NotNow(context_.log, "admin link", link.status());
    if (!*link) return DeadLink();
    const auto cookie = BeginSession(context_, Account(), (*link)->by);
    if (!cookie.ok()) return NotNow(context_.log, "admin link", cookie.status());
    context_.log.Info("an admin link was followed", {{"made_by", (*link)->by}});
    return Welcome(*cookie, "/desk");
  }

 private:
  SignIn* Find(const std::string& name) const {
    const auto& all = context_.sign_ins;
    const auto found = std::find_if(all.begin(), all.end(),
                                    [&](const SignIn* each) { return each->forge() == name; });
    return found == all.end() ? nullptr : *found;
  }

  std::string Callback(const SignIn& forge) const {
    return absl::StrCat(context_.public_url, "/signed-in/", forge.forge());
  }

  PageAnswer Finish(const PageVisit& visit, SignIn* forge) {
    const auto given = [&](const char* name) {
      const auto value = visit.request.query.find(name);
      return value == visit.request.query.end() ? std::string() : value->second;
    };
    const auto pending = Open(CookieValue(visit.request.cookies, SignInCookie(context_.secure())));
    if (!pending || pending->forge != forge->forge() || pending->expires <= context_.clock.Now() ||
        !base::EqualInConstantTime(pending->state, given("state"))) {
      return Message(400, "Signing in did not work",
                     "This browser did not begin it, or it took too long. Open the page from which "
                     "you came, and sign in again.");
    }
    if (!given("error").empty() || given("code").empty()) {
      return Message(403, "You did not sign in", "Nothing was changed.", pending->next,
                     "Back to the page");
    }
    const absl::Cleanup leave = [this] { --exchanges_; };
    if (++exchanges_ > kMostExchanges) {
      return Message(503, "Not now", "Too many people sign in at once. Try again.", pending->next,
                     "Back to the page");
    }
    const auto account = forge->Finish(given("code"), pending->verifier, Callback(*forge));
    if (absl::IsPermissionDenied(account.status())) {
      PageAnswer answer =
          Message(403, "You did not sign in", "The forge did not confirm it. Try again.",
                  pending->next, "Back to the page");
      answer.guessed = true;
      return answer;
    }
    if (!account.ok()) return NotNow(context_.log, "sign-in", account.status());
    return Admit(*account, pending->next);
  }

  // Nobody gets a session without any right, except to join.
  PageAnswer Admit(const Account& account, const std::string& next) {
    if (absl::Status pinned = PinConfirmed(context_, account); !pinned.ok()) {
      return NotNow(context_.log, "sign-in", pinned);
    }
    const auto rights = ReadRights(context_, account);
    if (!rights.ok()) return NotNow(context_.log, "sign-in", rights.status());
    const auto may_join = IsOpenLink(context_, next);
    if (!may_join.ok()) return NotNow(context_.log, "sign-in", may_join.status());
    if (account.actor.machine || (!rights->any() && !*may_join)) {
      return Message(403, "There is nothing for you here",
                     absl::StrCat(ToString(account),
                                  " is neither of the team nor a customer's contact. If a "
                                  "customer's contact sent you a link, open it again."));
    }
    const auto cookie = BeginSession(context_, account);
    if (!cookie.ok()) return NotNow(context_.log, "sign-in", cookie.status());
    return Welcome(*cookie, next == kHome ? HomeOf(*rights) : next);
  }

  PageAnswer Welcome(const std::string& cookie, const std::string& next) const {
    PageAnswer answer = Redirect(next);
    answer.headers.emplace_back("Set-Cookie", SetCookie(SessionCookie(context_.secure()), cookie,
                                                        kSessionLasts, context_.secure()));
    return answer;
  }

  std::string Digest(const std::string& text) const {
    return absl::WebSafeBase64Escape(base::ToBytes(base::HmacSha256(key_, {text})));
  }

  std::string Seal(const Pending& pending) const {
    const std::string text = absl::WebSafeBase64Escape(
        absl::StrJoin({pending.state, pending.verifier, pending.forge,
                       absl::StrCat(absl::ToUnixSeconds(pending.expires)), pending.next},
                      "\n"));
    return absl::StrCat(text, ".", Digest(text));
  }

  std::optional<Pending> Open(const std::string& cookie) const {
    const std::size_t dot = cookie.find('.');
    if (dot == std::string::npos) return std::nullopt;
    const std::string text = cookie.substr(0, dot);
    if (!base::EqualInConstantTime(Digest(text), cookie.substr(dot + 1))) return std::nullopt;
    std::string plain;
    std::int64_t expires = 0;
    if (!absl::WebSafeBase64Unescape(text, &plain)) return std::nullopt;
    const std::vector<std::string> parts = absl::StrSplit(plain, '\n');
    if (parts.size() != 5 || !absl::SimpleAtoi(parts[3], &expires)) return std::nullopt;
    return Pending{parts[0], parts[1], parts[2], absl::FromUnixSeconds(expires), parts[4]};
  }

  const PageContext context_;
  const std::string key_;
  std::atomic<int> exchanges_ = 0;
};

}  // namespace

void AddSignInPages(const PageContext& context, std::vector<PageRoute>* routes) {
  const auto key = base::RandomBytes(kSignInBytes);
  // Without random bytes the pages of signing in would not be safe, so there are none.
  if (!key.ok())
    return context.log.Error("nobody can sign in", {{"error", StatusText(key.status())}});
  const auto pages = std::make_shared<SignInPages>(context, *key);
  routes->push_back({"/signin/{forge}",
                     [pages](const PageVisit& visit) { return pages->Begin(visit); }, nullptr});
  routes->push_back({"/signed-in/{forge}",
                     [pages](const PageVisit& visit) { return pages->Return(visit); }, nullptr});
  routes->push_back({"/admin/{token}",
                     [pages](const PageVisit& visit) { return pages->FollowAdminLink(visit); }});
  routes->push_back({kHome, [context](const PageVisit& visit) {
                       if (!visit.visitor) return AskToSignIn(context, visit);
                       return Redirect(HomeOf(visit.visitor->rights));
                     }});
  routes->push_back({"/signout", [](const PageVisit&) { return NothingHere(); },
                     [pages](const PageVisit& visit) { return pages->SignOut(visit); }});
}

}  // namespace retainer::pages
