// A desk with its HTTP server, for the tests of the REST API.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "httplib.h"
#include "nlohmann/json.hpp"
#include "retainer/change.h"
#include "src/api/server.h"
#include "src/base/digest.h"
#include "src/similar/similar.h"
#include "tests/pipeline/world.h"

namespace retainer::api {

using pipeline::At;
using pipeline::kAlice;
using pipeline::kDave;
using pipeline::kErin;
using pipeline::MakePolicy;
using pipeline::MakeTerms;
using pipeline::PlainRenderer;
using pipeline::World;

class Served : public World {
 protected:
  Served() {
    options.listen = options.metrics_listen = {"127.0.0.1", 0};
    options.threads = 4;
    options.similar = &similar;
    options.pace.idle_timeout = absl::Seconds(1);
    // Acme is private. globex is public and has a plan of its own. initech has only targets.
    policy = MakePolicy(/*is_public=*/false);
    Plan silver = policy.plans["gold"];
    silver.name = "silver";
    policy.plans["silver"] = silver;
    Plan aims = policy.plans["gold"];
    aims.name = "aims";
    aims.kind = PromiseKind::kTarget;
    policy.plans["aims"] = aims;
    AddCustomer("globex", "c-111", "silver", "gina", true);
    AddCustomer("initech", "c-222", "aims", "ivan", true);
    policy.customers[0].entitlements.front().term = {absl::CivilDay(2026, 1, 1),
                                                     absl::CivilDay(2026, 12, 31)};
  }
  void AddCustomer(const std::string& id, const std::string& alias, const std::string& plan,
                   const std::string& login, bool is_public) {
    Customer customer;
    customer.id = id;
    customer.alias = alias;
    customer.name = id + " Inc.";
    customer.entitlements = {{.plan = plan}};
    customer.contacts.logins = {{"github", login}};
    customer.is_public = is_public;
    policy.customers.push_back(customer);
  }

  void Serve(bool with_policy = true) {
    desk = std::make_unique<pipeline::Desk>(
        pipeline::DeskPorts{store, clock, log, metrics, renderer, {&receiver}, {slot}, {}},
        pipeline::DeskOptions{});
    desk->Start();
    if (with_policy) SetPolicy("v1");
    server = std::make_unique<ApiServer>(
        *desk, store, clock, log, metrics, [] { return std::string(); }, options);
    auto started = server->Start();
    ASSERT_TRUE(started.ok()) << started.status();
    ports = *started;
    client = std::make_unique<httplib::Client>("127.0.0.1", ports.listen);
    client->set_keep_alive(true);
    client->set_tcp_nodelay(true);
    SaveToken("all", "", "");
  }
  void SetPolicy(const std::string& id) {
    desk->SetTerms({MakeTerms(id, At(-60 * 24), policy)});
    terms.Set({MakeTerms(id, At(-60 * 24), policy)});
  }
  void SaveToken(const std::string& token, const std::string& project, const std::string& customer,
                 const std::string& scope = "read") {
    TokenRecord record;
    record.id = token;
    record.hash = base::Sha256Hex(token);
    record.scope = scope;
    record.project = project;
    record.customer = customer;
    record.created = clock.Now();
    ASSERT_TRUE(store.SaveToken(record).ok());
  }
  // Opens a ticket and judges it.
  void Open(std::int64_t number, const Actor& author, std::vector<Fact> more = {}) {
    std::vector<Fact> facts = {Opened(author, 0)};
    for (Fact& fact : more) facts.push_back(std::move(fact));
    Deliver("open-" + std::to_string(number), MakeEvent(number, author, std::move(facts)));
    ASSERT_TRUE(desk->Settle(absl::Seconds(30)).ok());
  }

  httplib::Result Get(const std::string& path, const std::string& token = "all",
                      httplib::Headers headers = {}) {
    if (!token.empty()) headers.emplace("Authorization", "Bearer " + token);
    return client->Get(path, headers);
  }
  nlohmann::json GetJson(const std::string& path, const std::string& token = "all",
                         int status = 200) {
    auto result = Get(path, token);
    if (!result) {
      ADD_FAILURE() << "no answer to " << path;
      return {};
    }
    EXPECT_EQ(result->status, status) << path << ": " << result->body;
    auto json = nlohmann::json::parse(result->body, nullptr, false);
    EXPECT_FALSE(json.is_discarded()) << result->body;
    return json;
  }

  // A change that was merged with the commit `merge`.
  void SeeMerged(std::int64_t number, std::vector<std::string> fixes, const std::string& merge) {
    const ChangeInfo change{ChangeState::kMerged, "main", merge, merge, std::move(fixes)};
    Event event = MakeEvent(number, kErin,
                            {Opened(kErin, 0), MakeChangeSeen({Provenance::kWebhook, At(1)}, change,
                                                              Moment::At(At(1)))});
    event.ticket->kind = TicketKind::kChange;
    Deliver("change-" + std::to_string(number), std::move(event));
    ASSERT_TRUE(desk->Settle(absl::Seconds(30)).ok());
  }
  static std::vector<std::string> Refs(const nlohmann::json& list) {
    std::vector<std::string> refs;
    for (const nlohmann::json& ticket : list["tickets"]) refs.push_back(ticket["ref"]);
    return refs;
  }

  const std::string gate = "/api/v1/gate?project=github:acme/opendb";
  const Actor gina{"44", "gina", false};
  const Actor ivan{"55", "ivan", false};
  Policy policy;
  similar::Similar similar{store, clock, log, {"github"}, ""};
  ApiOptions options;
  ApiPorts ports;
  std::unique_ptr<pipeline::Desk> desk;
  std::unique_ptr<ApiServer> server;
  std::unique_ptr<httplib::Client> client;
};

}  // namespace retainer::api
