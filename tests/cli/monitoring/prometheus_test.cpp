// What a real Prometheus says of a node at work, and of nodes whose queues are stalled for one of
// four reasons. Each reason also stands in the node's health, in words.
#include "cli/monitoring/monitored_node.hpp"
#include "cli/monitoring/prometheus_server.hpp"
#include "cli/node_program.hpp"
#include "cluster/child_process.hpp"

#include <algorithm>
#include <cmath>
#include <csignal>
#include <fstream>
#include <set>
#include <string>

using namespace belfry::test;
using Catch::Contains;

namespace {

/// Of tasks that have waited for longer than every alert requires.
std::string an_hour_ago() {
  return shell("date -u -d '1 hour ago' +%FT%TZ").text.substr(0, 20);
}

constexpr unsigned probe_pause_ms = 200;

void check_fires(const prometheus_server& prometheus, const std::string& alert) {
  INFO(alert);
  CHECK(eventually([&] { return prometheus.firing_alerts().contains(alert); }, probe_pause_ms));
}

/// The health of the node says so, now or soon: it is gathered while the node works.
void check_health(monitored_node& node, const std::string& verdict, const std::string& words) {
  std::string health;
  const auto has_words = [&] {
    health = node.get("/v1/health").body;
    return health.find("\"verdict\":\"" + verdict + "\"") != std::string::npos &&
           health.find(words) != std::string::npos;
  };
  const bool is_said = eventually(has_words, probe_pause_ms);
  INFO(health);
  CHECK(is_said);
}

void submit_late_task(const monitored_node& node, const std::string& kind,
                      const std::string& queue) {
  const auto options = " --queue " + queue + " --at " + an_hour_ago();
  CHECK(node.belfry("submit " + kind + options + (kind == "exec" ? " -- true" : "")).status == 0);
}

std::string replaced(std::string text, const std::string& part, const std::string& by) {
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + by.size()))
    text.replace(at, part.size(), by);
  return text;
}

/// As Grafana sends them: for all queues, with the interval of four scrapes.
std::set<std::string> dashboard_queries() {
  std::set<std::string> queries;
  const auto dashboard = nlohmann::json::parse(read_text("monitoring/dashboard.json"));
  for (const auto& panel : dashboard["panels"])
    for (const auto& target : panel.value("targets", nlohmann::json::array()))
      queries.insert(replaced(replaced(target["expr"], "$queue", ".*"), "$__rate_interval", "8s"));
  return queries;
}

/// What a node at work need not have: nothing is refused, and every kind has a worker.
bool may_be_empty(const std::string& query) {
  return query.find("belfry_refused_batches_total") != std::string::npos ||
         query.find("belfry_ready_without_worker") != std::string::npos;
}

bool has_numbers(const std::multiset<double>& values) {
  return std::any_of(values.begin(), values.end(),
                     [](double value) { return std::isfinite(value); });
}

} // namespace

TEST_CASE("Prometheus answers every query of the dashboard for a node at work", "[cli]") {
  if (!prometheus_server::is_installed())
    return;
  const monitored_node node;
  const prometheus_server prometheus{node.directory, node.http_port};
  const auto queries = dashboard_queries();
  CHECK(queries.size() > 20);
  auto missing = queries;
  const auto have_all_numbers = [&] {
    CHECK(node.belfry("submit exec --wait -- true").status == 0);
    std::erase_if(missing, [&](const std::string& query) {
      return has_numbers(prometheus.values_of(query)) || may_be_empty(query);
    });
    return missing.empty();
  };
  CHECK(eventually(have_all_numbers, probe_pause_ms));
  CHECK(missing == std::set<std::string>{});
  for (const auto& alert : prometheus.firing_alerts())
    CHECK_THAT(alert, !Contains("Queue") && !Contains("Worker") && !Contains("Silent"));
}

TEST_CASE("killed workers are told by an alert and by the health of the node", "[cli]") {
  if (!prometheus_server::is_installed())
    return;
  monitored_node node{"--slots 0"};
  child_process worker{program + " node --slots 1 --name bell --log-level off --join " +
                       node.address()};
  const prometheus_server prometheus{node.directory, node.http_port};
  CHECK(node.belfry("submit exec --queue orders --wait -- true").status == 0);
  worker.end(SIGKILL);
  submit_late_task(node, "exec", "orders");

  check_fires(prometheus, "BelfryQueueStalled orders");
  check_health(node, "no_worker",
               "no worker is attached to the node: the last, 'bell', disconnected ");
}

TEST_CASE("a paused queue is told by an alert and by the health of the node", "[cli]") {
  if (!prometheus_server::is_installed())
    return;
  monitored_node node;
  const prometheus_server prometheus{node.directory, node.http_port};
  CHECK(node.belfry("pause night").status == 0);
  submit_late_task(node, "exec", "night");

  check_fires(prometheus, "BelfryPausedTasksWait night");
  check_health(node, "paused", "the queue is paused: 1 ready task, the oldest for ");
  CHECK_FALSE(prometheus.firing_alerts().contains("BelfryQueueStalled night"));
}

TEST_CASE("a kind without a worker is told by an alert and by the health of the node", "[cli]") {
  if (!prometheus_server::is_installed())
    return;
  monitored_node node;
  const prometheus_server prometheus{node.directory, node.http_port};
  CHECK(node.belfry("submit exec --wait -- true").status == 0);
  submit_late_task(node, "send", "mail");

  check_fires(prometheus, "BelfryNoWorkerForKind send");
  check_health(node, "no_worker_for_kind", "no attached worker runs 'send'");
}

TEST_CASE("a slow disk is told by an alert and by the health of the node", "[cli]") {
  if (!prometheus_server::is_installed())
    return;
  const temporary_directory place;
  const auto delay_file = place.directory + "/delay";
  const auto set_delay = [&](int delay_ms) { std::ofstream{delay_file} << delay_ms; };
  monitored_node node{"--clean-env",
                      "LD_PRELOAD=" BELFRY_SLOW_SYNC " BELFRY_TEST_SYNC_DELAY=" + delay_file +
                          " ASAN_OPTIONS=$ASAN_OPTIONS:verify_asan_link_order=0"};
  const prometheus_server prometheus{node.directory, node.http_port};
  CHECK(node.belfry("submit exec --wait -- true").status == 0);
  set_delay(700);
  const auto task = R"({"command":["true"],"queue":"slow","at":")" + an_hour_ago() + R"("})";
  CHECK(node.belfry("submit --stream", "for i in $(seq 300); do echo '" + task + "'; done |")
            .status == 0);

  check_fires(prometheus, "BelfryStorageSlow 127.0.0.1:" + std::to_string(node.http_port));
  check_health(node, "storage", "a write to the storage takes ");
  set_delay(0);
}
