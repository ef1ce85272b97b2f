#include "telemetry/monitoring_routes.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

using namespace belfry;
using namespace std::chrono_literals;
using Catch::Contains;

namespace {

struct routes_fixture {
  routes_fixture() {
    node.node = "tower";
    node.shards_held = node.shards_serving = 1;
    node.journal.emplace();
  }

  const http_route& route(const std::string& path) {
    const auto found = std::find_if(routes.begin(), routes.end(),
                                    [&](const http_route& known) { return known.path == path; });
    REQUIRE(found != routes.end());
    return *found;
  }
  http_response get(const std::string& path) {
    http_reply::maker make;
    route(path).handle({.method = "GET", .path = path},
                       http_reply{[&](http_reply::maker made) { make = std::move(made); }});
    const auto restored = std::exchange(node, {}); // Long before the server sends the response.
    auto answer = make ? make() : http_response{.status = 0};
    node = restored;
    return answer;
  }
  /// The oldest task of its queue has waited for a minute.
  void let_wait() {
    node.queues["mail\xff"].counts.at(static_cast<std::size_t>(task_state::ready)) = 1;
    node.lanes.push_back({.queue = "mail\xff",
                          .kind = "send",
                          .ready = 1,
                          .oldest_age = 1min,
                          .reason = waiting_reason::no_worker});
  }

  node_metrics node;
  std::vector<http_route> routes = monitoring_routes([this](const auto& done) { done(node); },
                                                     [] {
                                                       process_usage usage;
                                                       usage.threads = 17;
                                                       return usage;
                                                     });
};

} // namespace

TEST_CASE_METHOD(routes_fixture, "metrics are a page for Prometheus", "[telemetry]") {
  const auto page = get("/metrics");
  CHECK(page.status == 200);
  CHECK(page.content_type == "text/plain; version=0.0.4; charset=utf-8");
  CHECK_THAT(page.body, Contains("belfry_node_info{node=\"tower\"} 1\n"));
  CHECK_THAT(page.body, Contains("process_threads 17\n"));
}

TEST_CASE_METHOD(routes_fixture, "health is a document with the verdicts", "[telemetry]") {
  let_wait();
  const auto page = get("/v1/health");
  CHECK(page.content_type == "application/json");
  const auto document = nlohmann::json::parse(page.body);
  CHECK(document["node"] == "tower");
  CHECK(document["is_ok"] == false);
  CHECK(document["is_ready"] == true);
  CHECK(document["problems"].empty());
  const auto& queue = document["queues"].at(0);
  CHECK(queue["queue"] == "mail\\xff");
  CHECK(queue["verdict"] == "no_worker");
  CHECK(queue["oldest_ready_age_ms"] == 60'000);
}

TEST_CASE_METHOD(routes_fixture, "a node is ready though a queue is not well", "[telemetry]") {
  let_wait();
  CHECK(get("/readyz").status == 200);
  node.storage_trouble = "the disk is full";
  const auto refused = get("/readyz");
  CHECK(refused.status == 503);
  CHECK(refused.body == "not ready: storage\n");
}

TEST_CASE_METHOD(routes_fixture, "a node that answers nobody lives", "[telemetry]") {
  routes = monitoring_routes([](const auto&) {}, [] { return process_usage{}; });
  CHECK(get("/healthz").status == 200);
  CHECK(get("/readyz").status == 0); // The server gives the request up.
}

TEST_CASE_METHOD(routes_fixture, "only what tells little needs no token", "[telemetry]") {
  CHECK(route("/metrics").needs_token);
  CHECK(route("/v1/health").needs_token);
  CHECK_FALSE(route("/readyz").needs_token);
  CHECK_FALSE(route("/healthz").needs_token);
}
