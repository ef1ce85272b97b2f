#include "metrics/metrics_page.hpp"

#include <catch2/catch.hpp>

#include <set>
#include <sstream>
#include <string>
#include <utility>

using namespace belfry;
using namespace std::chrono_literals;
using Catch::Contains;

namespace {

const instant noon = instant_of_ms(1'700'000'000'000);

shard_metrics shard_of(const std::string& queue, std::uint64_t ready, duration age) {
  shard_metrics shard;
  shard.is_serving = true;
  shard.at = noon;
  queue_summary counted;
  counted.settings.queue = queue;
  counted.counts.at(static_cast<std::size_t>(task_state::ready)) = ready;
  shard.queues.push_back(counted);
  shard.lanes.push_back({.queue = queue, .kind = "send", .count = ready, .oldest_due = noon - age});
  return shard;
}

std::string page_of(const node_metrics& node) {
  return metrics_page{}.render(node, {});
}

/// The number of lines that begin with `start`.
std::size_t count_lines(const std::string& page, const std::string& start) {
  std::istringstream lines{page};
  std::size_t count = 0;
  for (std::string line; std::getline(lines, line);)
    count += line.starts_with(start) ? 1 : 0;
  return count;
}

} // namespace

TEST_CASE("the shards of a node add up", "[metrics]") {
  node_metrics node;
  merge(shard_of("mail", 3, 2s), node);
  merge(shard_of("mail", 4, 90s), node);
  merge(shard_of("audit", 1, 1s), node);
  const auto page = page_of(node);

  CHECK_THAT(page, Contains("belfry_tasks{queue=\"mail\",state=\"ready\"} 7\n"));
  CHECK_THAT(page, Contains("belfry_queue_oldest_ready_age_seconds{queue=\"mail\"} 90\n"));
  CHECK_THAT(page, Contains("belfry_queue_oldest_ready_age_seconds{queue=\"audit\"} 1\n"));
  REQUIRE(node.lanes.size() == 2);
  CHECK(node.lanes.front().queue == "audit");
}

TEST_CASE("a queue without ready tasks has no age", "[metrics]") {
  node_metrics node;
  auto shard = shard_of("mail", 0, 0s);
  shard.lanes.clear();
  merge(shard, node);
  CHECK_THAT(page_of(node), Contains("belfry_queue_oldest_ready_age_seconds{queue=\"mail\"} 0\n"));
}

TEST_CASE("counters show what shards have counted", "[metrics]") {
  task_counters counted;
  auto& mail = counted.at("mail", "send");
  mail.submitted = 9;
  mail.attempts[static_cast<std::size_t>(attempt_outcome::worker_lost)] = 2;
  mail.settled[static_cast<std::size_t>(task_state::dead)] = 1;
  mail.start_delay.add(5ms);
  counted.count_stale_outcome();
  counted.count_refused_batch(errc::overloaded);
  node_metrics node;
  merge(counted, node);
  merge(counted, node);
  const auto page = page_of(node);

  const std::string labels = "{queue=\"mail\",kind=\"send\"";
  CHECK_THAT(page, Contains("belfry_tasks_submitted_total" + labels + "} 18\n"));
  CHECK_THAT(page, Contains("belfry_attempts_total" + labels + ",outcome=\"worker_lost\"} 4\n"));
  CHECK_THAT(page, Contains("belfry_tasks_settled_total" + labels + ",state=\"dead\"} 2\n"));
  CHECK_THAT(page, Contains("belfry_task_start_delay_seconds_count" + labels + "} 2\n"));
  CHECK_THAT(page, Contains("belfry_refused_batches_total{reason=\"overloaded\"} 2\n"));
  CHECK_THAT(page, Contains("belfry_stale_outcomes_total 2\n"));
}

TEST_CASE("ready tasks that no worker runs are shown by kind", "[metrics]") {
  node_metrics node;
  merge(shard_of("mail", 3, 2s), node);
  merge(shard_of("slow", 5, 2s), node);
  node.lanes.at(0).reason = waiting_reason::no_worker_for_kind;
  node.lanes.at(1).reason = waiting_reason::all_slots_busy;
  CHECK_THAT(page_of(node), Contains("belfry_ready_without_worker{kind=\"send\"} 3\n"));

  node.queues.at("mail").is_paused = true;
  CHECK_THAT(page_of(node), Contains("belfry_ready_without_worker{kind=\"send\"} 0\n"));
}

TEST_CASE("the slots of disconnected workers do not count", "[metrics]") {
  node_metrics node;
  node.workers = {{.name = "ann", .slots = 4, .running = 3, .reserved = 1, .is_connected = true},
                  {.name = "bob", .slots = 8, .running = 8, .reserved = 0, .is_connected = false}};
  const auto page = page_of(node);
  CHECK_THAT(page, Contains("belfry_worker_slots 4\n"));
  CHECK_THAT(page, Contains("belfry_worker_slots_busy 3\n"));
  CHECK_THAT(page, Contains("belfry_workers{state=\"disconnected\"} 1\n"));
}

TEST_CASE("a journal keeper that does not answer is shown, without its values", "[metrics]") {
  node_metrics node;
  node.write_pending = 12s;
  CHECK_THAT(page_of(node), Contains("belfry_journal_responding 0\n") &&
                                Contains("belfry_journal_pending_seconds 12\n") &&
                                !Contains("belfry_journal_sync_seconds"));
  node.journal.emplace().sync_time.add(3ms);
  CHECK_THAT(page_of(node), Contains("belfry_journal_responding 1\n") &&
                                Contains("belfry_journal_sync_seconds_count 1\n"));
}

TEST_CASE("queues beyond the limit are shown as other, always the same", "[metrics]") {
  node_metrics node;
  for (std::size_t i = 0; i < 300; ++i)
    merge(shard_of("queue" + std::to_string(1000 + i), 1, duration{1000 + i}), node);
  metrics_page page;
  const auto first = page.render(node, {});
  CHECK(count_lines(first, "belfry_queue_paused{") == 201);
  CHECK_THAT(first, Contains("belfry_tasks{queue=\"other\",state=\"ready\"} 100\n"));
  CHECK_THAT(first, Contains("belfry_queue_oldest_ready_age_seconds{queue=\"other\"} 1.299\n"));

  merge(shard_of("a-new-queue", 1, 1s), node);
  const auto second = page.render(node, {});
  CHECK_THAT(second, !Contains("a-new-queue") &&
                         Contains("belfry_tasks{queue=\"other\",state=\"ready\"} 101\n"));
}

TEST_CASE("no series of a page comes twice", "[metrics]") {
  node_metrics node;
  merge(shard_of("other", 3, 2s), node);
  merge(shard_of("mail", 3, 2s), node);
  task_counters counted;
  for (std::size_t i = 0; i < task_counters::names_max + 5; ++i)
    ++counted.at("mail", "kind" + std::to_string(i)).submitted;
  merge(counted, node);
  node.journal.emplace();
  node.outbox_tasks = 4;

  std::istringstream lines{page_of(node)};
  std::set<std::string> series;
  for (std::string line; std::getline(lines, line);)
    if (!line.starts_with("#")) {
      INFO(line);
      CHECK(series.insert(line.substr(0, line.rfind(' '))).second);
    }
}
