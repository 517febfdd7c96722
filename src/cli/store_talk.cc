#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "src/cli/control_socket.h"
#include "src/cli/no_metrics.h"
#include "src/cli/operations.h"
#include "src/cli/service.h"
#include "src/cli/stream_log.h"

namespace retainer::cli {

namespace {

// An operation may wait for answers of forges.
constexpr absl::Duration kShortPatience = absl::Seconds(60);
// One that reads everything takes as long as there is data, and ends when we do.
constexpr absl::Duration kLongPatience = absl::Hours(6);

absl::StatusOr<std::string> Call(const std::string& folder, const std::string& request) {
  return CallControl(folder, request, Operations::IsLong(request) ? kLongPatience : kShortPatience);
}

// Reads an operation's answer, or its error.
absl::StatusOr<Answered> ReadAnswer(const std::string& text, bool by_service) {
  const nlohmann::ordered_json answer = nlohmann::ordered_json::parse(text, nullptr, false);
  if (!answer.is_object()) return absl::UnavailableError("the service's answer is not readable");
  if (const auto code = answer.find("code"); code != answer.end()) {
    return absl::Status(static_cast<absl::StatusCode>(code->get<int>()), answer.value("error", ""));
  }
  return Answered{answer.value("text", ""), answer.at("data").dump(2), by_service};
}

}  // namespace

struct StoreTalk::Owned {
  SystemClock clock;
  StreamLog log{LogFormat::kText, LogLevel::kWarning};
  NoMetrics metrics;
  std::unique_ptr<Service> service;
  std::unique_ptr<Operations> operations;
  absl::Status no_policy;
};

StoreTalk::StoreTalk(const Config& config, Terms terms, Service::Parts parts)
    : config_(config), terms_(terms), parts_(parts) {}
StoreTalk::~StoreTalk() = default;

absl::Status StoreTalk::Open() {
  std::error_code error;
  if (terms_ == Terms::kRecorded && (std::filesystem::is_empty(config_.data, error) || error)) {
    return absl::NotFoundError(
        absl::StrCat("nothing is on record in ", config_.data, ": the service has not run yet"));
  }
  auto owned = std::make_unique<Owned>();
  auto service = Service::Open(config_, owned->clock, owned->log, owned->metrics, parts_);
  if (!service.ok()) return service.status();
  owned->service = *std::move(service);
  const PolicyState policy = terms_ == Terms::kFolder ? owned->service->LoadPolicy()
                                                      : owned->service->LoadRecordedPolicy();
  if (policy.id.empty()) owned->no_policy = policy.status;
  owned->operations = std::make_unique<Operations>(
      owned->service->desk(), owned->service->store(), owned->clock, nullptr, JoinUrl(config_),
      nullptr, config_.public_url,
      StoreOnDisk{&owned->service->store(), config_.data,
                  [service = owned->service.get()] { return service->ReadTermsAgain(); }},
      &owned->service->similar());
  owned_ = std::move(owned);
  return absl::OkStatus();
}

absl::StatusOr<Answered> StoreTalk::Ask(const std::string& request) {
  absl::StatusOr<std::string> text = absl::NotFoundError("");
  if (owned_ == nullptr) {
    text = Call(config_.data, request);
    if (absl::IsNotFound(text.status())) {
      if (by_service_) {
        return absl::UnavailableError("the service stopped meanwhile: run the command again");
      }
      if (absl::Status opened = Open(); !opened.ok()) return opened;
    } else {
      by_service_ = true;
    }
  }
  if (owned_ != nullptr) text = owned_->operations->Answer(request);
  if (!text.ok()) return text.status();
  auto answered = ReadAnswer(*text, by_service_);
  // An operation that needs a policy fails with the reason why there is none.
  if (owned_ != nullptr && !owned_->no_policy.ok() &&
      absl::IsFailedPrecondition(answered.status())) {
    return owned_->no_policy;
  }
  return answered;
}

absl::StatusOr<Answered> Ask(const Config& config, const std::string& request,
                             Service::Parts parts) {
  return StoreTalk(config, StoreTalk::Terms::kFolder, parts).Ask(request);
}

std::optional<absl::StatusOr<Answered>> AskRunning(const std::string& data_folder,
                                                   const std::string& request) {
  const absl::StatusOr<std::string> text = Call(data_folder, request);
  if (absl::IsNotFound(text.status())) return std::nullopt;
  if (!text.ok()) return text.status();
  return ReadAnswer(*text, /*by_service=*/true);
}

}  // namespace retainer::cli
