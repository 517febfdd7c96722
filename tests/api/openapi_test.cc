// Compares openapi.json with the server in both directions: each route and parameter of one exists
// in the other, every answer matches its schema, and every documented status really occurs.
#include <gtest/gtest.h>

#include <algorithm>
#include <regex>

#include "tests/api/schema.h"
#include "tests/api/served.h"

namespace retainer::api {
namespace {

using nlohmann::json;

class OpenApiTest : public Served {
 protected:
  OpenApiTest() : schemas(json::parse(OpenApiDocument())) {
    // Not in the table of routes: deliveries and health.
    described["/webhooks/{forge}"] = R"(/webhooks/([A-Za-z0-9._-]{1,64}))";
    described["/healthz"] = "/healthz";
    described["/readyz"] = "/readyz";
    static const auto& varying = *new std::regex(R"(\{\w+\})");
    for (const Route& route : routes) {
      described[route.path] = std::regex_replace(route.path, varying, "[^/]{1,200}");
    }
  }

  // The documented path of a request.
  std::string PathOf(const std::string& target) const {
    const std::string path = target.substr(0, target.find('?'));
    for (const auto& [name, pattern] : described) {
      if (std::regex_match(path, std::regex(pattern))) return name;
    }
    return "";
  }

  void Hold(const std::string& method, const std::string& target, const httplib::Result& result) {
    ASSERT_TRUE(result) << target;
    const std::string path = PathOf(target);
    ASSERT_FALSE(path.empty()) << target;
    const json& answers = schemas.document()["paths"][path][method]["responses"];
    const std::string status = std::to_string(result->status);
    const std::string named = answers.contains(status) ? status : "default";
    ASSERT_TRUE(answers.contains(named)) << path << " does not document " << status;
    given.insert(path + " " + status);
    const json& answer = schemas.Resolve(answers[named]);
    const json headers = answer.value("headers", json::object());
    for (const auto& [name, header] : headers.items()) {
      if (named != "default") {
        EXPECT_TRUE(result->has_header(name)) << path << " " << status << " has no " << name;
      }
    }
    if (!answer.contains("content")) {
      EXPECT_TRUE(result->body.empty()) << path << " " << status;
      return;
    }
    std::string type = result->get_header_value("Content-Type");
    type = type.substr(0, type.find(';'));
    ASSERT_TRUE(answer["content"].contains(type)) << path << " " << status << " is " << type;
    json body = result->body;
    if (type.ends_with("json")) body = json::parse(result->body, nullptr, false);
    ASSERT_FALSE(body.is_discarded()) << result->body;
    const auto wrong = schemas.Check(body, answer["content"][type]["schema"]);
    EXPECT_FALSE(wrong) << path << " " << status << ": " << *wrong << "\n" << result->body;
  }
  void Ask(const std::string& target, const std::string& token = "all",
           const httplib::Headers& headers = {}) {
    Hold("get", target, Get(target, token, headers));
  }

  const std::vector<Route> routes = MakeRoutes({});
  const Schemas schemas;
  std::map<std::string, std::string> described;  // path -> pattern
  std::set<std::string> given;                   // `path status`
};

TEST_F(OpenApiTest, RoutesAndParametersAreTheSame) {
  std::set<std::string> served;
  std::set<std::string> documented;
  for (const auto& [path, pattern] : described) served.insert(path);
  for (const auto& [path, item] : schemas.document()["paths"].items()) documented.insert(path);
  EXPECT_EQ(served, documented);

  for (const Route& route : routes) {
    const json& operation = schemas.document()["paths"][route.path]["get"];
    std::set<std::string> in_query;
    bool in_path = false;
    for (const json& given_parameter : operation["parameters"]) {
      const json& parameter = schemas.Resolve(given_parameter);
      if (parameter["in"] == "query") in_query.insert(parameter["name"].get<std::string>());
      in_path = in_path || parameter["in"] == "path";
    }
    EXPECT_EQ(in_query, std::set<std::string>(route.parameters.begin(), route.parameters.end()))
        << route.path;
    EXPECT_EQ(in_path, route.path.find('{') != std::string::npos) << route.path;
    const json security = operation.value("security", schemas.document()["security"]);
    EXPECT_EQ(security.empty(), route.access == Access::kOpen) << route.path;
    EXPECT_EQ(std::find(security.begin(), security.end(), json::object()) != security.end(),
              route.access == Access::kBadge)
        << route.path;
  }
}

TEST_F(OpenApiTest, OperationsHaveNamesOfTheirOwn) {
  std::set<std::string> names;
  for (const auto& [path, item] : schemas.document()["paths"].items()) {
    for (const auto& [method, operation] : item.items()) {
      EXPECT_TRUE(names.insert(operation["operationId"].get<std::string>()).second) << path;
      EXPECT_FALSE(operation["summary"].get<std::string>().empty()) << path;
    }
  }
}

TEST_F(OpenApiTest, EveryAnswerIsAsDocumentedAndEveryDocumentedAnswerIsGiven) {
  options.max_body = 1000;
  options.attempts.failures = 1000;
  policy.community.objectives = {{Metric::kFirstResponse, {0, absl::Hours(9), "9h"}}};
  policy.customers[0].hours = {{"q1", 120, absl::CivilDay(2026, 1, 1), absl::CivilDay(2026, 6, 30),
                                15, 0, OverHours::kRefuse}};
  Serve();
  SaveToken("acme", "", "acme");
  SaveToken("there", "github:acme/other", "");
  Open(1, gina, {Commented(kAlice, 5, "9", "Try the new version.")});
  Open(2, kDave,
       {MakeClosed({Provenance::kWebhook, At(6)}, "completed", kAlice, Moment::At(At(6))),
        Commented(kDave, 7, "19", "/support rate 4 quick")});
  Open(3, gina);
  Open(4, kErin);
  clock.Set(At(60));

  const std::string project = "project=github:acme/opendb";
  const std::string ticket = "/api/v1/ticket?ref=github:acme/opendb%23";
  const std::string report = "/api/v1/report?from=2026-03-01&until=2026-03-02";
  const std::vector<std::string> fine = {"/api/v1/tickets",
                                         "/api/v1/tickets?limit=1",
                                         "/api/v1/tickets?customer=acme",
                                         "/api/v1/tickets?sort=-priority",
                                         "/api/v1/queue",
                                         "/api/v1/queue?closed=true",
                                         ticket + "1",
                                         ticket + "2",
                                         ticket + "4",
                                         "/api/v1/gate?ref=v1&" + project,
                                         "/api/v1/customers/acme",
                                         "/api/v1/customers/globex?" + project,
                                         "/api/v1/hours?customer=acme",
                                         "/api/v1/policy",
                                         "/api/v1/ledger/head",
                                         "/api/v1/figures?by=customer&from=2026-03-01",
                                         "/api/v1/figures?format=csv&by=week&" + project,
                                         "/api/v1/feedback",
                                         "/api/v1/similar?ref=github:acme/opendb%231",
                                         report + "&all=true",
                                         report + "&customer=acme",
                                         report + "&format=html&" + project,
                                         report + "&format=md&customer=globex",
                                         report + "&format=csv&customer=acme",
                                         "/badge.svg?" + project,
                                         "/openapi.json"};
  for (const std::string& target : fine) {
    Ask(target);
    const std::string tag = Get(target)->get_header_value("ETag");
    Ask(target, "all", {{"If-None-Match", tag}});
    Ask(target + (target.find('?') == std::string::npos ? "?" : "&") + "colour=red");
    if (target != "/openapi.json") Ask(target, "nobody");
  }
  // The answers to a customer's token.
  for (const std::string target : {"/api/v1/tickets", "/api/v1/queue", "/api/v1/policy"}) {
    Ask(target, "acme");
  }
  Ask(ticket + "2", "acme");
  Ask("/api/v1/gate?" + project, "acme");
  ASSERT_TRUE(
      store.SaveOverride({"o", {"github", "77"}, "carol", "why", At(0), At(61), {}, ""}).ok());
  Ask("/api/v1/gate?" + project);
  // 403 and 404.
  for (const std::string route :
       {"/api/v1/tickets?", "/api/v1/queue?", "/api/v1/gate?", "/badge.svg?",
        "/api/v1/customers/globex?", "/api/v1/figures?", "/api/v1/feedback?",
        "/api/v1/report?from=2026-03-01&until=2026-03-02&"}) {
    Ask(route + project, "there");
    Ask(route + "project=github:acme/none");
  }
  Ask(ticket + "1", "there");
  Ask(ticket + "99");
  Ask("/api/v1/similar?ref=github:acme/opendb%231", "there");
  Ask("/api/v1/similar?ref=github:acme/opendb%2399");
  Ask("/api/v1/ledger/head", "there");
  SaveToken("job", "github:acme/opendb", "", "gate");
  Ask("/api/v1/policy", "job");
  // Late promises: reasons of all kinds.
  clock.Set(At(500));
  Ask("/api/v1/gate?" + project);
  Ask("/api/v1/gate?fail_on=at_risk&" + project, "acme");
  Ask("/api/v1/tickets?state=breached");
  ASSERT_TRUE(store.PutDelivery({"elsewhere", "d1", "issues", "{}", At(0), false}).ok());
  clock.Advance(absl::Seconds(2));
  Ask("/api/v1/gate?" + project);

  // Work.
  Ask("/api/v1/hours", "acme");
  Ask("/api/v1/hours");
  Ask("/api/v1/hours?customer=none");
  Ask("/api/v1/hours?customer=acme", "there");
  SaveToken("writer", "", "", "write");
  const auto work = [&](const std::string& token, const std::string& body,
                        const char* type = "application/json") {
    Hold("post", "/api/v1/hours",
         client->Post("/api/v1/hours", {{"Authorization", "Bearer " + token}}, body, type));
  };
  const std::string done = R"("customer": "acme", "text": "a call")";
  work("writer", "{" + done + R"(, "time": "3h"})");
  work("writer", "{" + done + R"(, "time": "2h", "id": "w1", "by": "github:alice"})");
  work("writer", R"({"customer": "acme", "correct": "w1", "time": "1h", "reason": "an error"})");
  work("writer", "{" + done + R"(, "time": "9h"})");
  work("writer", "[]");
  work("writer", R"({"customer": "none", "text": "a call", "time": "1h"})");
  work("writer", "{}", "text/plain");
  work("all", "{" + done + R"(, "time": "1h"})");
  work("nobody", "{}");
  Ask("/api/v1/hours?customer=acme&from=2026-03-01&until=2026-03-31");

  // Deliveries and health.
  Ask("/healthz", "");
  Ask("/readyz", "");
  const auto post = [&](httplib::Headers headers, const std::string& body, const char* type,
                        const std::string& path = "/webhooks/github") {
    Hold("post", path, client->Post(path, headers, body, type));
  };
  const httplib::Headers genuine = {{"X-Secret", "s"}, {"X-Id", "d9"}, {"X-Event", "issues"}};
  post(genuine, "{}", "application/json");
  post(genuine, "{}", "application/json");
  post({{"X-Event", "issues"}}, "{}", "application/json");
  post({{"X-Secret", "s"}}, "{}", "application/json");
  post(genuine, "<a/>", "text/xml");
  post(genuine, "{}", "application/json", "/webhooks/elsewhere");
  post(genuine, std::string(2000, 'a'), "application/json");
  store.FailWrites(absl::ResourceExhaustedError("disk is full"));
  post({{"X-Secret", "s"}, {"X-Id", "d10"}, {"X-Event", "issues"}}, "{}", "application/json");
  store.FailWrites(absl::OkStatus());

  // Without a policy.
  desk->SetTerms({});
  clock.Advance(absl::Minutes(1));
  Ask("/api/v1/policy");
  Ask(ticket + "1");
  Ask("/api/v1/gate?" + project);
  Ask("/readyz", "");

  // This address has used up its attempts.
  server.reset();
  options.attempts.failures = 1;
  server = std::make_unique<ApiServer>(
      *desk, store, clock, log, metrics, [] { return std::string(); }, options);
  ports = *server->Start();
  client = std::make_unique<httplib::Client>("127.0.0.1", ports.listen);
  Ask("/api/v1/policy", "nobody");
  for (const std::string& target : fine) {
    if (target != "/openapi.json") Ask(target, "nobody");
  }

  for (const auto& [path, item] : schemas.document()["paths"].items()) {
    for (const auto& [method, operation] : item.items()) {
      for (const auto& [status, answer] : operation["responses"].items()) {
        if (status == "default") continue;
        EXPECT_TRUE(given.contains(path + " " + status))
            << path << " never answers the documented " << status;
      }
    }
  }
}

TEST(Schemas, WhatIsWrongIsFound) {
  const Schemas schemas(json::object());
  const json schema = json::parse(R"({"type": "object", "required": ["a"],
      "additionalProperties": false, "properties": {"a": {"type": ["integer", "null"], "minimum": 1},
      "b": {"type": "array", "items": {"enum": ["x"]}},
      "c": {"oneOf": [{"const": 1}, {"const": 2}]}, "d": {"type": "string", "format": "date-time"}}})");
  EXPECT_FALSE(schemas.Check(json::parse(R"({"a": null, "b": ["x"], "c": 2})"), schema));
  for (const char* wrong :
       {R"({})", R"({"a": "1"})", R"({"a": 0})", R"({"a": 1, "z": 1})", R"({"a": 1, "b": ["y"]})",
        R"({"a": 1, "c": 3})", R"({"a": 1, "d": "today"})", "[]"}) {
    EXPECT_TRUE(schemas.Check(json::parse(wrong), schema)) << wrong;
  }
  EXPECT_TRUE(schemas.Check(1, json::parse(R"({"multipleOf": 2})"))) << "an unknown word";
}

}  // namespace
}  // namespace retainer::api
