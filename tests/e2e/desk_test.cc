// The desk in the browser, in the demo as a newcomer starts it.
#include <gtest/gtest.h>
#include <httplib.h>

#include <csignal>
#include <cstdlib>
#include <memory>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/strip.h"
#include "tests/e2e/process.h"
#include "tests/fakes/places.h"

namespace retainer {
namespace {

class DeskTest : public ::testing::Test {
 protected:
  void Start() {
    demo = std::make_unique<Process>(std::vector<std::string>{Binary(), "demo"});
    const auto line = demo->AwaitOutLine(
        [](const std::string& text) { return absl::StrContains(text, "/admin/"); });
    ASSERT_TRUE(line) << demo->out() << demo->err();
    link = std::string(absl::StripLeadingAsciiWhitespace(*line));
  }

  std::unique_ptr<Process> demo;
  std::string link;
};

TEST_F(DeskTest, TheDemoPrintsALinkThatOpensTheDeskOnce) {
  Start();
  const std::size_t path = link.find("/admin/");
  httplib::Client client(link.substr(0, path));
  const auto opened = client.Get(link.substr(path));
  ASSERT_TRUE(opened);
  ASSERT_EQ(opened->status, 303) << opened->body;
  EXPECT_EQ(opened->get_header_value("Location"), "/desk");
  const std::string cookie = opened->get_header_value("Set-Cookie");
  EXPECT_TRUE(absl::StrContains(cookie, "HttpOnly; SameSite=Lax")) << cookie;
  const httplib::Headers headers = {{"Cookie", cookie.substr(0, cookie.find(';'))}};
  const auto desk = client.Get("/desk", headers);
  ASSERT_TRUE(desk);
  EXPECT_EQ(desk->status, 200);
  EXPECT_TRUE(absl::StrContains(desk->body, "acme/opendb#")) << desk->body;
  EXPECT_TRUE(
      absl::StrContains(desk->get_header_value("Content-Security-Policy"), "default-src 'none'"));
  EXPECT_EQ(client.Get("/desk")->status, 403);
  EXPECT_EQ(client.Get(link.substr(path))->status, 404);
  demo->Signal(SIGTERM);
  EXPECT_EQ(demo->Wait().exit_code, 0);
}

// tests/pages/npm/check.sh runs it; without a browser there is nothing to do.
TEST_F(DeskTest, ABrowserGoesThroughIt) {
  const char* script = std::getenv("RETAINER_BROWSER");
  if (script == nullptr) GTEST_SKIP() << "tests/pages/npm/check.sh has a browser";
  Start();
  const char* shots = std::getenv("RETAINER_SHOTS");
  const Finished browsed = Execute({"/usr/bin/node", script, link, "erin"},
                                   {{"RETAINER_SHOTS", shots == nullptr ? "" : shots}});
  EXPECT_EQ(browsed.exit_code, 0) << browsed.out << browsed.err;
  demo->Signal(SIGTERM);
  demo->Wait();
}

}  // namespace
}  // namespace retainer
