// The link by which whoever has it says how a closed ticket was.
//
//   /feedback/{token}   GET: the question; changes nothing. POST: the answer
//
// The link stands where everybody who can read the ticket can read it. So an answer by it is not
// verified: it is marked, counts in no figure, is given once per closing, and replaces no answer of
// a contact. A contact who is signed in is led to the ticket's own page. A link that is used up,
// too old, guessed or of a ticket that asks nobody (a private customer's, an open one) answers
// alike.
#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "retainer/core.h"
#include "src/pages/cookies.h"
#include "src/pages/frame.h"
#include "src/pages/page.h"
#include "src/pages/page_words.h"

namespace retainer::pages {
namespace {

using templates::PageValues;

// From the question on.
constexpr absl::Duration kLinkLasts = absl::Hours(90 * 24);
constexpr std::size_t kMostWhy = kMostRating - 4;

class FeedbackPages {
 public:
  explicit FeedbackPages(const PageContext& context) : context_(context) {}

  PageAnswer Show(const PageVisit& visit) const {
    const auto question = Find(visit);
    if (!question.ok()) return NotNow(context_.log, "feedback", question.status());
    if (auto elsewhere = Elsewhere(visit, *question)) return *elsewhere;
    return Ask(visit, **question, "", 200);
  }

  PageAnswer Answer(const PageVisit& visit) const {
    const auto question = Find(visit);
    if (!question.ok()) return NotNow(context_.log, "feedback", question.status());
    if (auto elsewhere = Elsewhere(visit, *question)) return *elsewhere;
    const std::vector<std::string>& asked = (*question)->asked;
    std::string customer = visit.Field("customer");
    if (asked.size() == 1) customer = asked.front();
    if (std::find(asked.begin(), asked.end(), customer) == asked.end()) {
      return Ask(visit, **question, "Choose for whom you answer.", 409);
    }
    int mark = 0;
    if (!absl::SimpleAtoi(visit.Field("mark"), &mark) || mark < 1 || mark > (*question)->scale) {
      return Ask(visit, **question, "Choose a mark.", 409);
    }
    const std::string why = OneLine(visit.Field("reason"));
    if (why.size() > kMostWhy) {
      return Ask(visit, **question, absl::StrCat("Say it in at most ", kMostWhy, " bytes."), 409);
    }
    const auto judged = context_.desk.Operate(
        (*question)->ref, MakeAnswer(**question, customer, mark, why, context_.clock.Now()));
    if (!judged.ok()) return NotNow(context_.log, "feedback", judged.status());
    PageValues values;
    values.Show("thanks");
    return Page("feedback", "Thank you", values);
  }

 private:
  struct Question {
    TicketRef ref;
    std::string title;                  // empty: the holder of the link may not know it
    std::vector<std::string> asked;     // ids of public customers that nobody answered for
    std::vector<std::string> contacts;  // the visitor's customers among those of the ticket
    TermsHistory terms;
    absl::Time closed;
    int scale = 5;
  };

  // Nullopt if the link does not work.
  absl::StatusOr<std::optional<Question>> Find(const PageVisit& visit) const {
    const std::optional<Question> dead;
    if (!context_.feedback_links) return dead;
    const auto key = context_.feedback_links->Read(visit.in_path);
    if (!key) return dead;
    const auto records = context_.store.LoadRecords({*key});
    if (!records.ok()) return records.status();
    const TicketRecord& record = records->front();
    Question question;
    question.terms = context_.desk.terms();
    if (record.version == 0 || record.open || question.terms.empty()) return dead;
    const Policy& policy = question.terms.back()->policy;
    question.ref = RefOf(record);
    question.scale = policy.feedback.scale;
    bool known = true;
    for (const std::string& id : record.customers) {
      const Customer* customer = policy.FindCustomer(id);
      if (customer == nullptr || !customer->is_public) continue;
      // As if no private customer shared the ticket.
      const auto seen = context_.desk.Inspect(question.ref, id);
      if (absl::IsNotFound(seen.status()) || absl::IsInvalidArgument(seen.status())) continue;
      if (!seen.ok()) return seen.status();
      const Standing& standing = seen->standing;
      known = known && !standing.confidential;
      if (standing.closed.empty() || standing.open) continue;
      question.closed = standing.closed.back().from;
      if (seen->at >= question.closed + policy.feedback.after + kLinkLasts) continue;
      const std::vector<std::string> asked = AskedToRate(standing, policy, seen->at);
      if (std::find(asked.begin(), asked.end(), id) == asked.end()) continue;
      if (visit.visitor && visit.visitor->IsContactOf(id)) question.contacts.push_back(id);
      const bool answered =
          std::any_of(standing.ratings.begin(), standing.ratings.end(),
                      [&](const Rating& one) { return one.verified || one.at >= question.closed; });
      if (!answered) question.asked.push_back(id);
    }
    if (question.asked.empty() && question.contacts.empty()) return dead;
    const auto project = context_.store.FindProject({key->forge, key->project});
    if (!project.ok()) return project.status();
    if (known && *project && !(*project)->is_private) question.title = TitleOf(record);
    return std::optional<Question>(std::move(question));
  }

  // What a visitor gets who is not asked by this page.
  std::optional<PageAnswer> Elsewhere(const PageVisit& visit,
                                      const std::optional<Question>& question) const {
    if (!question) {
      PageAnswer dead = DeadLink();
      // A link of ours that is used up or too old stands in a public comment, and programs that
      // look at links follow it: only an invented one is a guess.
      dead.guessed = !context_.feedback_links || !context_.feedback_links->Read(visit.in_path);
      return dead;
    }
    if (!question->contacts.empty()) {
      return Redirect(absl::StrCat(AddressOf("/my/ticket", question->ref),
                                   "&customer=", EscapeQuery(question->contacts.front())));
    }
    if (visit.visitor && visit.visitor->rights.desk()) {
      return Message(403, "This is for the customer",
                     "You answer tickets here. The customer says how it was.", "/desk", "The desk");
    }
    return std::nullopt;
  }

  // One per customer and closing: a repeated form adds nothing.
  static Fact MakeAnswer(const Question& question, const std::string& customer, int mark,
                         const std::string& why, absl::Time now) {
    Command command{CommandName::kRate, absl::StrCat(mark, why.empty() ? "" : " ", why)};
    Fact fact =
        pipeline::MakePageFact(pipeline::MakeOperatorFact(command, "the feedback link: ", now), "");
    fact.labels = {absl::StrCat(std::string(kLinkOf), customer)};
    fact.id = MakeFactId(fact.kind, absl::StrCat("link ", customer),
                         absl::StrCat(absl::ToUnixSeconds(question.closed)));
    return fact;
  }

  PageAnswer Ask(const PageVisit& visit, const Question& question, const std::string& note,
                 int status) const {
    PageValues ask;
    const Visitor* visitor = visit.visitor ? &*visit.visitor : nullptr;
    ask.texts["action"] = absl::StrCat("/feedback/", visit.in_path);
    ask.texts["csrf"] =
        visitor != nullptr ? visitor->csrf : context_.feedback_links->FormProof(visit.in_path);
    if (!question.title.empty()) {
      PageValues named;
      named.texts = {{"title", question.title}, {"ref", ToString(question.ref)}};
      ask.Show("named", std::move(named));
    }
    if (question.asked.size() > 1) {
      PageValues several;
      for (const std::string& id : question.asked) {
        const Customer* customer = question.terms.back()->policy.FindCustomer(id);
        several.sections["customers"].push_back(
            Option(id, customer == nullptr ? id : customer->name, false));
      }
      ask.Show("several", std::move(several));
    }
    for (int mark = question.scale; mark >= 1; --mark) {
      const char* meaning = mark == question.scale ? ", the best" : mark == 1 ? ", the worst" : "";
      ask.sections["marks"].push_back(
          Option(absl::StrCat(mark), absl::StrCat(mark, meaning), false));
    }
    if (visitor == nullptr && !context_.sign_ins.empty()) {
      PageValues sign_in;
      for (const SignIn* forge : context_.sign_ins) {
        PageValues row;
        row.texts = {
            {"name", forge->forge()},
            {"address", absl::StrCat("/signin/", EscapeQuery(forge->forge()), "?next=",
                                     EscapeQuery(absl::StrCat("/feedback/", visit.in_path)))}};
        sign_in.sections["forges"].push_back(std::move(row));
      }
      ask.Show("sign_in", std::move(sign_in));
    }
    PageValues values;
    values.texts["note"] = note;
    if (!note.empty()) values.Show("noted");
    values.Show("ask", std::move(ask));
    return Page("feedback", "How was it?", values, visitor, status);
  }

  const PageContext context_;
};

}  // namespace

void AddFeedbackPages(const PageContext& context, std::vector<PageRoute>* routes) {
  const auto pages = std::make_shared<FeedbackPages>(context);
  routes->push_back(
      {"/feedback/{token}", [pages](const PageVisit& visit) { return pages->Show(visit); },
       [pages](const PageVisit& visit) { return pages->Answer(visit); }, Needs::kLink});
}

}  // namespace retainer::pages
