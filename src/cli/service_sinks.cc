// Service: taking the sinks of a configuration that was read again.
#include <memory>
#include <set>
#include <string>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "src/cli/service.h"
#include "src/cli/sink_trouble.h"
#include "src/sinks/sinks.h"

namespace retainer::cli {
namespace {

auto FieldsOf(const SinkConfig& sink) {
  return std::tie(sink.kind, sink.url, sink.secret, sink.is_private, sink.allow_private, sink.user,
                  sink.from, sink.to, sink.more_secrets, sink.kinds);
}

}  // namespace

absl::StatusOr<std::vector<std::string>> Service::TakeSinks(
    const std::map<std::string, SinkConfig>& sinks) {
  std::vector<std::shared_ptr<NoticeSink>> made;
  const auto transport = std::make_shared<const sinks::Transport>();
  for (const auto& [name, config] : sinks) {
    auto sink = sinks::MakeSink(name, config, clock_, transport);
    if (!sink.ok()) return sink.status();
    made.push_back(*std::move(sink));
  }
  std::map<std::string, std::size_t> waiting;  // notices that a sink has not taken yet
  const auto troubled = TroubledSinks(*store_);
  if (!troubled.ok()) return troubled.status();
  for (const auto& sink : *troubled) {
    waiting[sink["sink"].get<std::string>()] = sink["notices"].get<std::size_t>();
  }
  std::vector<std::string> changes;
  for (const auto& [name, config] : sinks) {
    const auto before = sink_configs_.find(name);
    if (before == sink_configs_.end()) {
      changes.push_back(absl::StrCat(name, " is added"));
    } else if (FieldsOf(before->second) != FieldsOf(config)) {
      changes.push_back(absl::StrCat(name, " is changed"));
    }
  }
  for (const auto& [name, config] : sink_configs_) {
    if (sinks.contains(name)) continue;
    changes.push_back(absl::StrCat(name, " is removed"));
    if (const auto left = waiting.find(name); left != waiting.end()) {
      absl::StrAppend(&changes.back(), "; ", left->second,
                      " notices that it did not take yet are not sent to it");
    }
  }
  desk_->SetSinks(std::move(made));
  sink_configs_ = sinks;
  return changes;
}

}  // namespace retainer::cli
