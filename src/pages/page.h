// A request for a page and its answer as plain values, and the table of pages. The HTTP server
// (src/api) reads and writes them; a page sees no other HTTP.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "retainer/clock.h"
#include "retainer/config.h"
#include "retainer/log.h"
#include "retainer/sign_in.h"
#include "retainer/store.h"
#include "src/pages/visitor.h"
#include "src/pipeline/desk.h"
#include "src/pipeline/feedback_links.h"
#include "src/similar/similar.h"

namespace retainer::pages {

class WriteAccess;

struct PageRequest {
  std::string method;                        // GET, HEAD or POST
  std::string path;                          // decoded
  std::map<std::string, std::string> query;  // decoded
  std::string cookies;                       // the Cookie header; several joined by `; `
  std::string body;                          // a form, as sent
};

struct PageAnswer {
  int status = 200;
  std::string type = "text/html; charset=utf-8";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
  // The request named a secret that is none. Who does that often is not answered for a while.
  bool guessed = false;
  bool compressible = false;  // holds nothing secret, so that it may be compressed
};

// The sources of the pages. Thread-safe.
struct PageContext {
  pipeline::Desk& desk;
  Store& store;
  Clock& clock;
  Log& log;
  std::string public_url;  // without a trailing slash; its scheme decides about secure cookies
  std::vector<Login> admins;
  std::vector<SignIn*> sign_ins;
  std::shared_ptr<WriteAccess> write_access = nullptr;  // nullptr: only the policy gives rights
  // Nullopt: there are no links by which customers say how it was.
  std::optional<pipeline::FeedbackLinks> feedback_links = std::nullopt;
  similar::Similar* similar = nullptr;  // nullptr: nothing is searched

  bool secure() const { return public_url.starts_with("https://"); }
};

// A request that a page answers.
struct PageVisit {
  const PageRequest& request;
  std::string in_path;             // the variable part of the path
  std::optional<Visitor> visitor;  // who is signed in
  std::map<std::string, std::string> form;

  // A parameter of the query, a field of the form; empty if it is missing.
  std::string Asked(const std::string& name) const;
  std::string Field(const std::string& name) const;
};

// Which right a page needs. Whoever lacks it is asked to sign in, and learns nothing else.
enum class Needs {
  kNobody,  // it is not even looked up who is signed in
  kNothing,
  kDesk,     // Rights::desk
  kTeam,     // Rights::team
  kContact,  // a customer's contact
  kLink,     // a link of feedback_links.h is the right: its form needs no session
};

// One page. Handlers are thread-safe and may not throw. They are called only for visitors with the
// right that the page needs; a `post` only for a visitor and with a valid CSRF token (kLink:
// without a visitor, with the proof that belongs to the link). An empty `post` means that the page
// takes no POST.
struct PageRoute {
  std::string path;  // `/join/{token}`: only the last segment may vary; it has at most 200 bytes
  std::function<PageAnswer(const PageVisit&)> get;
  std::function<PageAnswer(const PageVisit&)> post = nullptr;
  Needs needs = Needs::kNothing;
};

// The parts of the table.
void AddSignInPages(const PageContext& context, std::vector<PageRoute>* routes);
void AddJoinPages(const PageContext& context, std::vector<PageRoute>* routes);
void AddDeskPages(const PageContext& context, std::vector<PageRoute>* routes);
void AddTicketPages(const PageContext& context, std::vector<PageRoute>* routes);
void AddMyPages(const PageContext& context, std::vector<PageRoute>* routes);
void AddCustomerPages(const PageContext& context, std::vector<PageRoute>* routes);
void AddSystemPages(const PageContext& context, std::vector<PageRoute>* routes);
void AddFeedbackPages(const PageContext& context, std::vector<PageRoute>* routes);
void AddFigurePages(const PageContext& context, std::vector<PageRoute>* routes);

}  // namespace retainer::pages
