// The desk.
//
//   /desk               what to answer first; with `list`, one list page by page
//   /desk/tickets.csv   the same as a file
#include <algorithm>
#include <memory>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "retainer/figures.h"
#include "src/pages/cookies.h"
#include "src/pages/desk_lists.h"
#include "src/pages/frame.h"
#include "src/pages/page.h"
#include "src/pages/page_words.h"
#include "src/pipeline/ticket_cursor.h"
#include "src/reports/csv.h"

namespace retainer::pages {
namespace {

using templates::PageValues;

constexpr std::size_t kFirst = 10;  // lines of each list on the first page
constexpr std::size_t kDeskPage = 50;
// More customers than this are typed, not chosen from a list.
constexpr std::size_t kMostChoices = 200;

// A part of a list, as it is seen.
struct Seen {
  DeskList list = DeskList::kLate;
  std::vector<DeskLine> lines;
  bool more = false;
  std::string next;  // the cursor of the next page
};

class DeskPages {
 public:
  explicit DeskPages(const PageContext& context) : context_(context) {}

  PageAnswer Show(const PageVisit& visit) const {
    return Answer(visit, [&](const Looked& looked) { return AsPage(visit, looked); });
  }
  PageAnswer File(const PageVisit& visit) const {
    return Answer(visit, [&](const Looked& looked) {
      std::string text = reports::CsvLine(CsvColumns());
      for (const Seen& seen : looked.lists) {
        for (const DeskLine& line : seen.lines) {
          text += reports::CsvLine(CsvCells(seen.list, line));
        }
      }
      return CsvFile("desk", std::move(text));
    });
  }

 private:
  // What a request sees.
  struct Looked {
    DeskFilters filters;
    TermsHistory terms;
    absl::Time now;
    absl::TimeZone zone;
    std::optional<DeskList> one;  // the list that was asked for
    std::vector<Seen> lists;
    const Policy& policy() const { return terms.back()->policy; }
  };

  template <typename Write>
  PageAnswer Answer(const PageVisit& visit, Write write) const {
    Looked looked;
    looked.terms = context_.desk.terms();
    if (looked.terms.empty()) {
      return Message(503, "No policy is in force yet",
                     "`retainer check` says what is wrong with it.");
    }
    auto filters = ReadFilters(context_, visit);
    if (absl::IsInvalidArgument(filters.status())) {
      return Message(400, "Nothing like that", std::string(filters.status().message()), "/desk",
                     "The whole desk");
    }
    if (!filters.ok()) return NotNow(context_.log, "desk", filters.status());
    looked.filters = *std::move(filters);
    looked.now = context_.clock.Now();
    looked.zone = DeskZone(looked.policy());
    absl::Status read;
    if (const std::string asked = visit.Asked("list"); asked.empty()) {
      read = ReadFirst(&looked);
    } else {
      looked.one = ParseDeskList(asked);
      if (!looked.one) return NothingHere();
      read = ReadOne(visit.Asked("after"), &looked);
    }
    if (!read.ok()) return NotNow(context_.log, "desk", read);
    return write(looked);
  }

  // The first lines of each list; each ticket in the first list that it belongs to.
  absl::Status ReadFirst(Looked* looked) const {
    std::set<TicketKey> shown;
    for (const DeskList list : kDeskLists) {
      TicketQuery query = QueryFor(list, looked->filters, looked->now, looked->zone);
      query.limit = kFirst + 1 + shown.size();
      const auto found = context_.store.FindTickets(query);
      if (!found.ok()) return found.status();
      Seen seen;
      seen.list = list;
      for (const TicketRecord& record : *found) {
        if (shown.contains(record.key)) continue;
        if (seen.lines.size() == kFirst) {
          seen.more = true;
          break;
        }
        shown.insert(record.key);
        seen.lines.push_back(
            LineOf(list, record, looked->filters, looked->policy(), looked->now, looked->zone));
      }
      looked->lists.push_back(std::move(seen));
    }
    return absl::OkStatus();
  }

  absl::Status ReadOne(const std::string& after, Looked* looked) const {
    TicketQuery query = QueryFor(*looked->one, looked->filters, looked->now, looked->zone);
    query.limit = kDeskPage + 1;
    const std::string filters =
        absl::StrCat(std::string(NameOf(*looked->one)), "\n", QueryOf(looked->filters));
    // A cursor of another list, or of an address that somebody shortened: the first page.
    if (const auto place = pipeline::ReadCursor(after, filters)) {
      if (!query.after || query.after->at <= place->at) query.after = place;
    }
    const auto found = context_.store.FindTickets(query);
    if (!found.ok()) return found.status();
    Seen seen;
    seen.list = *looked->one;
    for (const TicketRecord& record : *found) {
      if (seen.lines.size() == kDeskPage) {
        seen.more = true;
        seen.next = pipeline::WriteCursor(PlaceOf(query, (*found)[kDeskPage - 1]), filters);
        break;
      }
      seen.lines.push_back(
          LineOf(seen.list, record, looked->filters, looked->policy(), looked->now, looked->zone));
    }
    looked->lists.push_back(std::move(seen));
    return absl::OkStatus();
  }

  PageAnswer AsPage(const PageVisit& visit, const Looked& looked) const {
    PageValues values;
    const std::string query = QueryOf(looked.filters);
    const std::string with = query.empty() ? "" : "&" + query;
    values.texts["zone"] = DeskZoneName(looked.policy());
    values.texts["as_of"] = InstantWords(looked.now, looked.now, looked.zone);
    std::string file = absl::StrCat("/desk/tickets.csv", query.empty() ? "" : "?", query);
    std::string title = "Desk";
    bool any = false;
    for (const Seen& seen : looked.lists) {
      const std::string name(NameOf(seen.list));
      const std::string heading(TitleOf(seen.list));
      PageValues summary;
      summary.texts = {{"name", name},
                       {"title", heading},
                       {"count", absl::StrCat(seen.lines.size(), seen.more ? "+" : "")}};
      if (!seen.lines.empty()) summary.Show("some");
      if (looked.one) {
        title = heading;
        file = absl::StrCat(
            "/desk/tickets.csv?list=", name, with,
            visit.Asked("after").empty() ? "" : "&after=" + EscapeQuery(visit.Asked("after")));
        PageValues back;
        back.texts["address"] = absl::StrCat("/desk", query.empty() ? "" : "?", query);
        values.Show("back", std::move(back));
        values.texts["title"] = heading;
      } else {
        values.sections["summaries"].push_back(summary);
      }
      if (seen.lines.empty() && !looked.one) continue;
      any = any || !seen.lines.empty();
      PageValues list = std::move(summary);
      for (const DeskLine& line : seen.lines) list.sections["lines"].push_back(ValuesOf(line));
      if (!looked.one) list.Show("heading");
      if (seen.more) {
        PageValues more;
        more.texts["address"] = absl::StrCat(
            "/desk?list=", name, with,
            looked.one ? absl::StrCat("&after=", EscapeQuery(seen.next)) : std::string());
        more.texts["name"] = looked.one ? std::string("Next page") : absl::StrCat("All: ", heading);
        list.Show("more", std::move(more));
      }
      values.sections["lists"].push_back(std::move(list));
    }
    if (!looked.one) values.Show("overview");
    if (!any) {
      values.sections.erase("lists");
      values.Show("nothing");
    }
    values.texts["file"] = file;
    AddFilters(visit, looked, &values);
    return Page("desk", title, values, visit);
  }

  void AddFilters(const PageVisit& visit, const Looked& looked, PageValues* values) const {
    const Rights& rights = visit.visitor->rights;
    const DeskFilters& filters = looked.filters;
    PageValues form;
    form.texts["list"] = looked.one ? std::string(NameOf(*looked.one)) : "";
    if (looked.one) form.Show("one");
    std::vector<ProjectRecord> projects = rights.projects;
    if (rights.team()) {
      auto all = context_.store.ListProjects();
      if (all.ok()) projects = *std::move(all);
      std::erase_if(projects, [&](const ProjectRecord& project) {
        return !Covers(looked.terms, NamesOf(project));
      });
    }
    PageValues project;
    project.texts = {{"name", "project"}, {"label", "Project"}};
    if (rights.team()) project.sections["options"].push_back(Option("", "all", false));
    for (const ProjectRecord& one : projects) {
      if (project.sections["options"].size() > kMostChoices) break;
      const std::string name = ToString(ProjectRef{one.key.forge, one.path});
      project.sections["options"].push_back(
          Option(name, name, filters.project && filters.project->key == one.key));
    }
    if (projects.size() > 1) form.sections["selects"].push_back(std::move(project));
    if (rights.team() && looked.policy().customers.size() <= kMostChoices) {
      PageValues customer;
      customer.texts = {{"name", "customer"}, {"label", "Customer"}};
      customer.sections["options"].push_back(Option("", "all", false));
      for (const Customer& one : looked.policy().customers) {
        customer.sections["options"].push_back(
            Option(one.id, one.name, filters.customer == one.id));
      }
      form.sections["selects"].push_back(std::move(customer));
    } else if (rights.team()) {
      PageValues typed;
      typed.texts["customer"] = filters.customer;
      form.Show("typed_customer", std::move(typed));
    }
    PageValues team;
    team.texts = {{"name", "team"}, {"label", "Team"}};
    team.sections["options"].push_back(Option("", "all", false));
    for (const auto& [name, one] : looked.policy().teams) {
      team.sections["options"].push_back(Option(name, name, filters.team == name));
    }
    form.sections["selects"].push_back(std::move(team));
    PageValues priority;
    priority.texts = {{"name", "priority"}, {"label", "Priority"}};
    priority.sections["options"].push_back(Option("", "all", false));
    for (const Priority& one : looked.policy().priorities) {
      priority.sections["options"].push_back(
          Option(one.name, one.name, filters.priority == one.name));
    }
    form.sections["selects"].push_back(std::move(priority));
    values->Show("filters", std::move(form));
  }

  const PageContext context_;
};

}  // namespace

void AddDeskPages(const PageContext& context, std::vector<PageRoute>* routes) {
  const auto pages = std::make_shared<DeskPages>(context);
  routes->push_back({"/desk", [pages](const PageVisit& visit) { return pages->Show(visit); },
                     nullptr, Needs::kDesk});
  routes->push_back({"/desk/tickets.csv",
                     [pages](const PageVisit& visit) { return pages->File(visit); }, nullptr,
                     Needs::kDesk});
}

}  // namespace retainer::pages
