#include "metrics/health.hpp"

#include <catch2/catch.hpp>

#include <optional>
#include <set>
#include <string>
#include <string_view>

using namespace belfry;
using namespace std::chrono_literals;
using Catch::Contains;

namespace {

/// A node whose queue `mail` has three ready tasks, the oldest of them for `age`.
node_metrics node_with(duration age, std::optional<waiting_reason> reason) {
  node_metrics node;
  node.node = "tower";
  node.shards_held = node.shards_serving = 2;
  node.journal.emplace();
  node.queues["mail"].counts.at(static_cast<std::size_t>(task_state::ready)) = 3;
  node.lanes.push_back(
      {.queue = "mail", .kind = "send", .ready = 3, .oldest_age = age, .reason = reason});
  return node;
}

queue_health verdict_on(const node_metrics& node) {
  return assess(node).queues.at(0);
}

std::string first_problem(const node_metrics& node) {
  const auto report = assess(node);
  return report.problems.empty() ? "" : report.problems.front().name;
}

} // namespace

TEST_CASE("an idle node without queues is healthy and ready", "[health]") {
  node_metrics node;
  node.node = "tower";
  node.journal.emplace();
  const auto report = assess(node);
  CHECK(report.node == "tower");
  CHECK(report.is_ok);
  CHECK(report.is_ready);
  CHECK(report.problems.empty());
}

TEST_CASE("a queue whose tasks wait for a moment keeps up", "[health]") {
  const auto node = node_with(3s, waiting_reason::all_slots_busy);
  const auto queue = verdict_on(node);
  CHECK(queue.verdict == queue_verdict::keeps_up);
  CHECK(queue.is_ok);
  CHECK(queue.text == "3 ready tasks, the oldest for 3s");
  CHECK(assess(node).is_ok);
}

TEST_CASE("a queue without ready tasks is idle", "[health]") {
  node_metrics node;
  node.queues["mail"].counts.at(static_cast<std::size_t>(task_state::dead)) = 2;
  const auto queue = verdict_on(node);
  CHECK(queue.verdict == queue_verdict::idle);
  CHECK(queue.dead == 2);
}

TEST_CASE("after the last worker is gone, the verdict names it", "[health]") {
  auto node = node_with(5min, waiting_reason::no_worker);
  node.latest_departed = {"bell-4711", 6min};
  const auto queue = verdict_on(node);
  CHECK(queue.verdict == queue_verdict::no_worker);
  CHECK_FALSE(queue.is_ok);
  CHECK(queue.text == "3 ready tasks, the oldest for 5min: no worker is attached to the node: the "
                      "last, 'bell-4711', disconnected 6min ago");
  CHECK_FALSE(assess(node).is_ok);
  CHECK(assess(node).is_ready); // It takes tasks.
}

TEST_CASE("a queue that somebody has paused is in order", "[health]") {
  auto node = node_with(5min, waiting_reason::no_worker);
  node.queues["mail"].is_paused = true;
  const auto queue = verdict_on(node);
  CHECK(queue.verdict == queue_verdict::paused);
  CHECK(queue.is_ok);
  CHECK_THAT(queue.text, Contains("is paused: 3 ready tasks, the oldest for 5min"));
}

TEST_CASE("a kind without a worker is named", "[health]") {
  const auto queue = verdict_on(node_with(5min, waiting_reason::no_worker_for_kind));
  CHECK(queue.verdict == queue_verdict::no_worker_for_kind);
  CHECK_THAT(queue.text, Contains("no attached worker runs 'send'"));
}

TEST_CASE("of several kinds the one that has waited longest gives the reason", "[health]") {
  auto node = node_with(5min, waiting_reason::all_slots_busy);
  node.lanes.push_back({.queue = "mail",
                        .kind = "sort",
                        .ready = 1,
                        .oldest_age = 6min,
                        .reason = waiting_reason::no_worker_for_queue});
  CHECK(verdict_on(node).verdict == queue_verdict::no_worker_for_queue);
  CHECK(verdict_on(node).oldest_ready_age == 6min);
}

TEST_CASE("slow storage is the reason why tasks wait", "[health]") {
  auto node = node_with(20s, waiting_reason::being_assigned);
  CHECK(verdict_on(node).verdict == queue_verdict::not_starting);

  node.write_pending = 2s;
  CHECK(first_problem(node) == "storage_slow");
  CHECK(verdict_on(node).verdict == queue_verdict::storage);
  CHECK_THAT(verdict_on(node).text, Contains("a write to the storage takes 2s"));

  node.write_pending = 0s;
  node.journal->slowest_recent = 700ms;
  CHECK(first_problem(node) == "storage_slow");
  node.journal->slowest_recent = 400ms;
  CHECK(first_problem(node).empty());
}

TEST_CASE("a storage that does not answer is a problem of the node", "[health]") {
  auto node = node_with(1s, std::nullopt);
  node.journal.reset();
  CHECK(first_problem(node) == "storage_silent");
  CHECK(assess(node).problems[0].text == "the storage has not completed a call within 2s");
  CHECK(verdict_on(node).is_ok);

  node.is_journal_open = false;
  CHECK(first_problem(node) == "storage_silent");
  CHECK(assess(node).problems[0].text == "the storage has failed, and is being opened again");
}

TEST_CASE("a node whose storage refuses new tasks is not ready", "[health]") {
  auto node = node_with(1s, waiting_reason::being_assigned);
  node.storage_trouble = "the disk is nearly full: new tasks are refused";
  CHECK(first_problem(node) == "storage");
  CHECK_FALSE(assess(node).is_ready);
}

TEST_CASE("a node is ready when it has joined and its shards serve", "[health]") {
  auto node = node_with(1s, waiting_reason::being_assigned);
  node.shards_serving = 1;
  CHECK(first_problem(node) == "shards_not_serving");
  CHECK_FALSE(assess(node).is_ready);

  node.is_joined = false;
  CHECK(first_problem(node) == "not_joined");
  CHECK_FALSE(assess(node).is_ready);

  node.is_complete = false;
  CHECK(first_problem(node) == "not_responding");
}

TEST_CASE("a node that is stopping is not ready", "[health]") {
  auto node = node_with(1s, waiting_reason::being_assigned);
  node.stops_within = 8s;
  CHECK(first_problem(node) == "stopping");
  CHECK_THAT(assess(node).problems[0].text, Contains("8s left"));
  CHECK_FALSE(assess(node).is_ready);
}

TEST_CASE("shards that do not answer are named", "[health]") {
  auto node = node_with(1s, waiting_reason::being_assigned);
  node.silent_shards = {{3}, {5}};
  CHECK_THAT(assess(node).problems.at(0).text, Contains("shards 3, 5 have not answered"));
}

TEST_CASE("queues that need attention come first", "[health]") {
  auto node = node_with(5min, waiting_reason::all_slots_busy);
  node.queues["audit"];
  node.queues["backup"];
  const auto report = assess(node);
  REQUIRE(report.queues.size() == 3);
  CHECK(report.queues[0].queue == "mail");
  CHECK(report.queues[1].queue == "audit");
}

TEST_CASE("every verdict has a name of its own that is read back", "[health]") {
  std::set<std::string_view> names;
  for (int i = 0; i <= static_cast<int>(queue_verdict::not_starting); ++i) {
    const auto verdict = static_cast<queue_verdict>(i);
    CHECK(names.insert(to_string(verdict)).second);
    CHECK(parse_queue_verdict(to_string(verdict)) == verdict);
  }
  CHECK(parse_queue_verdict("of a later version") == queue_verdict::unknown);
}
