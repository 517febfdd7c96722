#include "src/cli/sink_trouble.h"

#include <algorithm>
#include <map>
#include <string>

#include "retainer/instant_text.h"

namespace retainer::cli {
namespace {

constexpr std::size_t kMostNotices = 500;

struct SinkTrouble {
  std::size_t notices = 0;
  absl::Time since = absl::InfiniteFuture();
  std::string why;
};

}  // namespace

absl::StatusOr<nlohmann::ordered_json> TroubledSinks(Store& store) {
  const auto waiting = store.ReadNotices(kMostNotices);
  if (!waiting.ok()) return waiting.status();
  std::map<std::string, SinkTrouble> sinks;
  for (const Notice& notice : *waiting) {
    const auto record = store.FindNotice(notice.id);
    if (!record.ok()) return record.status();
    if (!*record) continue;  // it has been told since
    for (const auto& [sink, why] : (*record)->troubles) {
      SinkTrouble& trouble = sinks[sink];
      ++trouble.notices;
      trouble.since = std::min(trouble.since, (*record)->failing_since.value_or(notice.at));
      trouble.why = why;
    }
  }
  auto list = nlohmann::ordered_json::array();
  for (const auto& [sink, trouble] : sinks) {
    list.push_back({{"sink", sink},
                    {"notices", trouble.notices},
                    {"since", Rfc3339(trouble.since)},
                    {"why", trouble.why}});
  }
  return list;
}

}  // namespace retainer::cli
