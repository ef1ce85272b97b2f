// A node at work, as monitoring sees it.
#include "cli/monitoring/monitored_node.hpp"
#include "cli/node_program.hpp"
#include "cluster/child_process.hpp"
#include "os/http/http_exchange.hpp"
#include "os/notify_socket.hpp"

#include <cctype>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>

using namespace belfry::test;
using Catch::Contains;

namespace {

/// Without what a histogram adds to the name of its series.
std::string family_of(std::string series) {
  for (const std::string suffix : {"_bucket", "_count", "_sum"})
    if (series.ends_with(suffix))
      series.erase(series.size() - suffix.size());
  return series;
}

/// `a-queue-is-stalled`, of `A queue is stalled`.
std::string anchor_of(const std::string& heading) {
  std::string anchor;
  for (const unsigned char letter : heading)
    if (letter == ' ')
      anchor += '-';
    else if (std::isalnum(letter) != 0 || letter == '-')
      anchor += static_cast<char>(std::tolower(letter));
  return anchor;
}

} // namespace

TEST_CASE_METHOD(monitored_node, "a node shows every metric that alerts and dashboard name",
                 "[cli]") {
  CHECK(belfry("submit exec --wait -- true").status == 0);
  const auto page = get("/metrics").body;
  for (const auto* file : {"monitoring/alerts.yml", "monitoring/dashboard.json"}) {
    const auto named = matches_in(read_text(file), "\\b((?:belfry|process)_[a-z_]+)\\b");
    CHECK(named.size() > 10);
    for (const auto& series : named) {
      INFO(file << " names " << series);
      CHECK((series == "belfry_outbox_tasks" || // Only a node with an outbox shows it.
             page.find("# TYPE " + family_of(series) + " ") != std::string::npos));
    }
  }
}

TEST_CASE("every alert has a paragraph in the documents", "[cli]") {
  std::set<std::string> anchors;
  for (const auto& heading : matches_in(read_text("monitoring.md"), "\n###? ([^\n]+)"))
    anchors.insert(anchor_of(heading));
  const auto alerts = read_text("monitoring/alerts.yml");
  for (const auto& anchor : matches_in(alerts, "runbook: docs/monitoring.md#([a-z-]+)")) {
    INFO(anchor);
    CHECK(anchors.contains(anchor));
  }
  CHECK(matches_in(alerts, "- alert: (\\w+)").size() > 15);
}

TEST_CASE("every alert fires in a test of promtool, or says that it is not tested", "[cli]") {
  const auto alerts = read_text("monitoring/alerts.yml");
  const auto tests = read_text("monitoring/alerts_test.yml");
  // An expectation of no alerts does not count: it holds for a rule that never fires.
  const auto tested = matches_in(tests, "alertname: (\\w+)\n +exp_alerts:\n");
  const auto untested = matches_in(alerts, "# Not tested: no case.\n +- alert: (\\w+)");
  for (const auto& alert : matches_in(alerts, "- alert: (\\w+)")) {
    INFO(alert);
    CHECK(tested.contains(alert) != untested.contains(alert));
  }
}

TEST_CASE_METHOD(monitored_node, "Prometheus reads the metrics without a complaint", "[cli]") {
  if (shell("command -v promtool").status != 0) {
    WARN("not tested: there is no promtool (Debian's package prometheus)");
    return;
  }
  CHECK(belfry("submit exec --queue \"$(printf 'a\"b\\\\')\" --wait -- true").status == 0);
  std::ofstream{directory + "/page"} << get("/metrics").body;
  const auto checked = shell("promtool check metrics < " + directory + "/page");
  UNSCOPED_INFO(checked.text);
  CHECK(checked.status == 0);
}

TEST_CASE_METHOD(monitored_node, "a node at work shows what it has done", "[cli]") {
  CHECK(belfry("submit exec --wait -- true").status == 0);
  CHECK(belfry("submit exec --retries 0 --wait -- false").status == 1);
  CHECK(belfry("submit exec --in 1h -- true").status == 0);

  const auto page = get("/metrics");
  CHECK(page.status == 200);
  const std::string labels = "{queue=\"default\",kind=\"exec\"";
  CHECK_THAT(page.body, Contains("belfry_tasks_submitted_total" + labels + "} 3\n"));
  CHECK_THAT(page.body, Contains("belfry_task_start_delay_seconds_count" + labels + "} 2\n"));
  CHECK_THAT(page.body, Contains("belfry_attempt_seconds_count" + labels + "} 2\n"));
  CHECK_THAT(page.body, Contains("belfry_attempts_total" + labels + ",outcome=\"failed\"} 1\n"));
  CHECK_THAT(page.body, Contains("belfry_tasks_settled_total" + labels + ",state=\"dead\"} 1\n"));
  CHECK_THAT(page.body, Contains("belfry_tasks{queue=\"default\",state=\"scheduled\"} 1\n"));
  CHECK_THAT(page.body, Contains("belfry_shards{state=\"serving\"} 2\n"));
  CHECK_THAT(page.body, Contains("belfry_worker_slots 2\n"));
  CHECK_THAT(page.body, Contains("belfry_journal_responding 1\n"));
}

TEST_CASE_METHOD(monitored_node, "a node that works is alive, ready and healthy", "[cli]") {
  CHECK(get("/healthz").body == "alive\n");
  CHECK(get("/readyz").body == "ready\n");
  const auto health = get("/v1/health");
  CHECK(health.status == 200);
  CHECK_THAT(health.body, Contains("\"is_ok\":true"));
  CHECK(get("/").status == 404);
}

TEST_CASE("a node tells the service manager when it serves and when it stops", "[cli]") {
  temporary_directory place;
  const auto name = place.directory + "/notify";
  notify_socket manager{name};
  node_program node{"--data " + place.directory + "/data", "NOTIFY_SOCKET=" + name};
  CHECK(manager.receive() == "READY=1");
  CHECK(node.end(SIGTERM) == 0);
  CHECK(manager.receive() == "STOPPING=1");
  CHECK(manager.poll().empty());
}

TEST_CASE("a node tells the service manager again and again that it works", "[cli]") {
  temporary_directory place;
  const auto name = place.directory + "/notify";
  notify_socket manager{name};
  node_program node{"--data " + place.directory + "/data",
                    "NOTIFY_SOCKET=" + name + " WATCHDOG_USEC=400000"};
  CHECK(manager.receive() == "READY=1");
  for (int i = 0; i < 3; ++i)
    CHECK(manager.receive() == "WATCHDOG=1");
  const auto& address = node.address();
  const child_process worker{"env NOTIFY_SOCKET=" + name + " WATCHDOG_USEC=400000 " + program +
                             " node --slots 1 --log-level off --join " + address};
  const auto is_heard = [&](const std::string& state) {
    for (int i = 0; i < 100; ++i)
      if (manager.receive() == state)
        return true;
    return false;
  };
  CHECK(is_heard("READY=1"));
  CHECK(node.end(SIGTERM) == 0);
  CHECK(is_heard("STOPPING=1"));
  for (int i = 0; i < 3; ++i) // The worker waits for the node, and works.
    CHECK(manager.receive() == "WATCHDOG=1");
}

TEST_CASE("a token file keeps strangers from the metrics", "[cli]") {
  temporary_directory place;
  const auto file = place.directory + "/token";
  std::ofstream{file} << "a-token-of-20-letters\n";
  std::filesystem::permissions(file, std::filesystem::perms{0600});
  monitored_node node{"--http-token-file " + file};
  CHECK(node.get("/metrics").status == 401);
  CHECK(http_get(node.http_port, "/metrics", "Authorization: Bearer a-token-of-20-letters\r\n")
            .status == 200);
  CHECK(node.get("/healthz").status == 200);
}

TEST_CASE("an address for HTTP that others reach needs a token", "[cli]") {
  temporary_directory place;
  const auto started = shell(program + " node --data " + place.directory +
                             "/data --slots 0 --port 0 --http 0.0.0.0:0 --log-level off");
  CHECK(started.status != 0);
  CHECK(started.contains("0.0.0.0 can be reached from other machines"));
  const auto joining =
      shell(program + " node --join 127.0.0.1:1 --http 127.0.0.1:0 --log-level off");
  CHECK(joining.status != 0);
  CHECK(joining.contains("expected a node that stores tasks"));
  CHECK(shell(program + " node --data x --http-token-file y").status == 2);
}

TEST_CASE_METHOD(monitored_node, "the health of a node is told with its verdicts", "[cli]") {
  const auto well = belfry("health");
  CHECK(well.status == 0);
  CHECK(well.contains(" is healthy\n"));

  CHECK(belfry("pause mail").status == 0);
  CHECK(belfry("submit exec --queue mail -- true").status == 0);
  const auto paused = belfry("health");
  CHECK(paused.status == 0);
  CHECK(paused.contains("mail: the queue is paused: 1 ready task, the oldest for "));

  const auto document = belfry("health --json");
  CHECK(document.status == 0);
  CHECK(document.contains(R"("queue":"mail","is_ok":true,"verdict":"paused")"));
}

TEST_CASE("without a worker, the health says so and ends with status 1", "[cli]") {
  temporary_directory place;
  const node_program node{"--data " + place.directory + "/data --slots 0"};
  CHECK(node.belfry("submit send now --at $(date -u -d '1 minute ago' +%FT%TZ)").status == 0);
  const auto health = node.belfry("health");
  CHECK(health.status == 1);
  CHECK(health.contains(" is not healthy"));
  CHECK(health.contains("default  no_worker"));
  CHECK(health.contains("no worker is attached to the node: none has been since the node started"));
}
