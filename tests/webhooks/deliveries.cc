#include "tests/webhooks/deliveries.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "tests/fakes/places.h"

namespace retainer::webhooks {

ForgeConfig GitHubConfig() {
  ForgeConfig config;
  config.name = "github";
  config.kind = ForgeKind::kGitHub;
  config.webhook_secrets = {{kSecret, {}}};
  return config;
}

ForgeConfig GitLabConfig() {
  ForgeConfig config;
  config.name = "gitlab";
  config.kind = ForgeKind::kGitLab;
  config.webhook_secrets = {{kSecret, {}}};
  return config;
}

std::unique_ptr<WebhookReceiver> GitHub() { return *MakeReceiver(GitHubConfig()); }
std::unique_ptr<WebhookReceiver> GitLab() { return *MakeReceiver(GitLabConfig()); }

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file.good()) << path;
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string Sample(std::string_view name) {
  const std::size_t slash = name.find('/');
  return ReadFile(absl::StrCat(SourceDir(), "/webhooks/", std::string(name.substr(0, slash)),
                               "/samples/", std::string(name.substr(slash + 1)), ".json"));
}

std::vector<std::string> SampleNames(std::string_view forge) {
  std::vector<std::string> names;
  const std::filesystem::path folder =
      absl::StrCat(SourceDir(), "/webhooks/", std::string(forge), "/samples");
  for (const auto& file : std::filesystem::directory_iterator(folder)) {
    names.push_back(absl::StrCat(std::string(forge), "/", file.path().stem().string()));
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::string SampleEvent(std::string_view name) {
  const std::size_t slash = name.find('/');
  const std::string_view file = name.substr(slash + 1);
  std::string event(file.substr(0, file.find('.')));
  if (name.substr(0, slash) == "github") return event;
  // `confidential_note_hook` -> `Confidential Note Hook`
  bool first = true;
  for (char& c : event) {
    if (first) c = absl::ascii_toupper(static_cast<unsigned char>(c));
    first = c == '_';
    if (first) c = ' ';
  }
  return event;
}

absl::Time At(std::string_view rfc3339) {
  absl::Time time;
  std::string error;
  EXPECT_TRUE(absl::ParseTime(absl::RFC3339_full, std::string(rfc3339), &time, &error)) << error;
  return time;
}

absl::Time Received() { return At("2026-03-03T18:00:00Z"); }

Delivery Deliver(std::string_view forge, std::string_view event, std::string body,
                 absl::Time received) {
  Delivery delivery;
  delivery.forge = forge;
  delivery.id = "sample";
  delivery.event_type = event;
  delivery.body = std::move(body);
  delivery.received = received;
  return delivery;
}

Event Read(std::string_view name, absl::Time received) {
  const std::string_view forge = name.substr(0, name.find('/'));
  const auto receiver = forge == "github" ? GitHub() : GitLab();
  auto event = receiver->Parse(Deliver(forge, SampleEvent(name), Sample(name), received));
  EXPECT_TRUE(event.ok()) << name << ": " << event.status();
  return event.ok() ? *std::move(event) : Event();
}

std::vector<Fact> All(const Event& event, FactKind kind) {
  std::vector<Fact> facts;
  for (const Fact& fact : event.facts) {
    if (fact.kind == kind) facts.push_back(fact);
  }
  return facts;
}

std::optional<ChangeInfo> SeenIn(const Event& event) {
  FactSet facts;
  for (const Fact& fact : All(event, FactKind::kChangeSeen)) facts.Add(fact);
  return FindChange(facts);
}

Fact Only(const Event& event, FactKind kind) {
  const std::vector<Fact> facts = All(event, kind);
  EXPECT_EQ(facts.size(), 1u) << FactKindName(kind);
  return facts.empty() ? Fact() : facts.front();
}

std::string Hmac(std::string_view key, std::string_view text) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest, &size);
  return absl::BytesToHexString(absl::string_view(reinterpret_cast<char*>(digest), size));
}

}  // namespace retainer::webhooks
