#include "src/similar/similar.h"

#include <algorithm>
#include <chrono>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "src/pipeline/ticket_keys.h"

namespace retainer::similar {
namespace {

constexpr std::size_t kRecent = 50;   // tickets with the latest activity, at each step
constexpr std::size_t kWalked = 100;  // tickets of the walk, at each step
// Hits that are looked at. The most: if the reader may not read enough of the first ones.
constexpr std::size_t kCandidates = 20;
constexpr std::size_t kMostCandidates = 200;
// Between two steps of a walk, and between two walks.
constexpr std::chrono::milliseconds kPause{200};
constexpr std::chrono::minutes kBetweenWalks{10};
constexpr std::chrono::seconds kAfterTrouble{30};

// Only what is known to be public is.
bool IsPrivate(const std::optional<ProjectRecord>& project) {
  return !project || project->is_private;
}

}  // namespace

Similar::Similar(Store& store, Clock& clock, Log& log, std::vector<std::string> forges,
                 std::string path, std::function<TermsHistory()> terms)
    : store_(store),
      clock_(clock),
      log_(log),
      forges_(std::move(forges)),
      path_(std::move(path)),
      terms_(std::move(terms)),
      index_(path_) {}

Similar::~Similar() { Stop(); }

void Similar::Start() {
  thread_ = std::thread([this] { Run(); });
}

void Similar::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  ended_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Similar::Run() {
  std::string trouble;
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    lock.unlock();
    const auto walked = Step();
    if (!walked.ok() && walked.status().message() != trouble) {
      trouble = std::string(walked.status().message());
      log_.Warning("the index of solved tickets was not kept up", {{"error", trouble}});
    }
    lock.lock();
    std::chrono::milliseconds pause = kPause;
    if (!walked.ok()) pause = kAfterTrouble;
    if (walked.ok() && *walked) pause = kBetweenWalks;
    // What was closed just now is looked at every half minute, also between two walks.
    for (; pause.count() > 0 && !stopping_; pause -= kAfterTrouble) {
      ended_.wait_for(lock, std::min<std::chrono::milliseconds>(pause, kAfterTrouble));
      if (stopping_ || pause <= kAfterTrouble) break;
      lock.unlock();
      TicketQuery recent;
      recent.open = false;
      recent.order = TicketOrder::kUpdated;
      recent.descending = true;
      recent.limit = kRecent;
      const auto found = store_.FindTickets(recent);
      if (found.ok()) (void)Look(*found);
      lock.lock();
    }
  }
}

absl::StatusOr<std::optional<ProjectRecord>> Similar::ProjectOf(const TicketKey& ticket,
                                                                Projects* known) {
  const std::string name = absl::StrCat(ticket.forge, "/", ticket.project);
  if (const auto there = known->find(name); there != known->end()) return there->second;
  auto project = store_.FindProject({ticket.forge, ticket.project});
  if (project.ok()) known->emplace(name, *project);
  return project;
}

bool Similar::IsOld(const TicketRecord& record, const std::optional<ProjectRecord>& project,
                    const TermsHistory& terms) const {
  const absl::Time now = clock_.Now();
  if (!record.open && record.updated_at + kTextsKept < now) return true;
  if (!project) return false;
  const auto since = UncoveredSince(terms, NamesOf(*project));
  return since && *since + kUncoveredTextsKept < now;
}

absl::Status Similar::Look(const std::vector<TicketRecord>& records) {
  Projects projects;
  std::vector<Entry> fresh;
  const TermsHistory terms = terms_ ? terms_() : TermsHistory();
  for (const TicketRecord& record : records) {
    const std::string name = ToString(record.key);
    const auto known = index_.Find(name);
    if (!known.ok()) return known.status();
    const auto project = ProjectOf(record.key, &projects);
    if (!project.ok()) return project.status();
    const bool is_private = IsPrivate(*project);
    const bool same =
        *known && (*known)->version == record.version && (*known)->hidden == is_private;
    const bool old = IsOld(record, *project, terms);
    if (same && !old) continue;
    if (record.open || old) {
      if (*known) {
        if (absl::Status removed = index_.Remove(name); !removed.ok()) return removed;
      }
      if (old) {
        if (absl::Status forgotten = store_.ForgetTexts(record.key); !forgotten.ok()) {
          return forgotten;
        }
      }
      continue;
    }
    auto read = ReadWords(store_, record, is_private);
    if (!read.ok()) return read.status();
    // Also one that is not solved has an entry, without words: it need not be read again.
    if (read->solved == Solved::kNo) read->entry.open = read->entry.whole = Document();
    fresh.push_back(std::move(read->entry));
  }
  return fresh.empty() ? absl::OkStatus() : index_.Put(fresh);
}

absl::StatusOr<bool> Similar::Step() {
  const std::lock_guard lock(step_mutex_);
  if (forge_ >= forges_.size()) {
    forge_ = 0;
    after_.reset();
    return true;
  }
  const auto page = store_.ListTickets(forges_[forge_], "", after_, kWalked, /*open_only=*/false);
  if (!page.ok()) return page.status();
  if (absl::Status looked = Look(*page); !looked.ok()) return looked;
  if (page->size() < kWalked) {
    ++forge_;
    after_.reset();
  } else {
    after_ = page->back().key;
  }
  return false;
}

absl::Status Similar::CatchUp() {
  {
    const std::lock_guard lock(step_mutex_);
    forge_ = 0;
    after_.reset();
  }
  for (;;) {
    const auto walked = Step();
    if (!walked.ok()) return walked.status();
    if (*walked) return absl::OkStatus();
  }
}

absl::Status Similar::DropRemoved() {
  if (absl::Status caught_up = CatchUp(); !caught_up.ok()) return caught_up;
  return index_.DropRemoved();
}

absl::StatusOr<double> Similar::Threshold() {
  const auto threshold = index_.Threshold();
  if (!threshold.ok()) return threshold.status();
  return threshold->value_or(kFirstThreshold);
}

absl::StatusOr<std::vector<SimilarTicket>> Similar::FindFor(const TicketKey& ticket,
                                                            const Asking& asking) {
  const auto records = store_.LoadRecords({ticket});
  if (!records.ok()) return records.status();
  if (records->front().version == 0) return absl::NotFoundError("no such ticket");
  Projects projects;
  const auto project = ProjectOf(ticket, &projects);
  if (!project.ok()) return project.status();
  const auto read = ReadWords(store_, records->front(), IsPrivate(*project));
  if (!read.ok()) return read.status();
  const auto threshold = Threshold();
  if (!threshold.ok()) return threshold.status();
  const pipeline::Reader& reader = asking.reader;
  const bool reads_all = reader.all_projects && reader.all_customers && !reader.outside;
  Search search;
  search.terms = TermsOf(reads_all ? read->entry.whole : read->entry.open);
  search.patience = asking.patience;
  std::vector<SimilarTicket> similar;
  std::set<std::string> seen;
  for (const std::size_t candidates : {kCandidates, kMostCandidates}) {
    search.limit = candidates;
    const auto hits = index_.Run(reads_all ? Shelf::kWhole : Shelf::kOpen, search);
    if (!hits.ok()) return hits.status();
    for (const Hit& hit : *hits) {
      if (similar.size() >= asking.limit || hit.score < *threshold) return similar;
      if (!seen.insert(hit.ticket).second) continue;
      const auto key = pipeline::ParseTicketKey(hit.ticket);
      if (!key || *key == ticket) continue;
      const auto found = store_.LoadRecords({*key});
      if (!found.ok()) return found.status();
      const TicketRecord& record = found->front();
      // The index may be behind the store.
      const auto its = ProjectOf(*key, &projects);
      if (!its.ok()) return its.status();
      if (record.version == 0 || record.open ||
          !pipeline::MayRead(reader, {key->forge, record.project_path}, *its, record)) {
        continue;
      }
      const auto there = ReadWords(store_, record, IsPrivate(*its));
      if (!there.ok()) return there.status();
      if (there->solved == Solved::kNo) continue;
      similar.push_back({record, there->solved, hit.score});
    }
    if (hits->size() < candidates) break;
  }
  return similar;
}

bool Similar::stopping() {
  const std::lock_guard lock(mutex_);
  return stopping_;
}

absl::StatusOr<Judged> Similar::ReadJudged(const TicketRecord& record, Projects* projects) {
  const auto project = ProjectOf(record.key, projects);
  if (!project.ok()) return project.status();
  auto read = ReadWords(store_, record, IsPrivate(*project));
  if (!read.ok()) return read.status();
  return Judged{std::move(read->entry), OriginalOf(record.key, read->facts).value_or("")};
}

absl::StatusOr<std::vector<TicketKey>> Similar::AddAll(Measurement* measurement,
                                                       Projects* projects) {
  std::vector<TicketKey> duplicates;
  for (const std::string& forge : forges_) {
    for (std::optional<TicketKey> after;;) {
      const auto page = store_.ListTickets(forge, "", after, kWalked, /*open_only=*/false);
      if (!page.ok()) return page.status();
      std::vector<Judged> some;
      for (const TicketRecord& record : *page) {
        auto judged = ReadJudged(record, projects);
        if (!judged.ok()) return judged.status();
        if (!judged->same_as.empty()) duplicates.push_back(record.key);
        some.push_back(*std::move(judged));
      }
      if (absl::Status added = measurement->Add(some); !added.ok()) return added;
      if (stopping()) return absl::CancelledError("the service stops");
      if (page->size() < kWalked) break;
      after = page->back().key;
    }
  }
  return duplicates;
}

absl::StatusOr<Evaluation> Similar::Evaluate() {
  const std::lock_guard one_at_a_time(evaluating_mutex_);
  Measurement measurement(path_.empty() ? "" : path_ + ".eval");
  Projects projects;
  const auto duplicates = AddAll(&measurement, &projects);
  if (!duplicates.ok()) return duplicates.status();
  for (const TicketKey& key : *duplicates) {
    const auto records = store_.LoadRecords({key});
    if (!records.ok()) return records.status();
    const auto judged = ReadJudged(records->front(), &projects);
    if (!judged.ok()) return judged.status();
    if (absl::Status searched = measurement.SearchFor(*judged); !searched.ok()) return searched;
    if (stopping()) return absl::CancelledError("the service stops");
  }
  const Evaluation evaluation = measurement.Result();
  if (evaluation.threshold) {
    if (absl::Status kept = index_.SetThreshold(*evaluation.threshold); !kept.ok()) return kept;
  }
  return evaluation;
}

}  // namespace retainer::similar
