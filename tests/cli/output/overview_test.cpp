#include "cli/top/overview.hpp"

#include <catch2/catch.hpp>

using namespace belfry;
using namespace belfry::shell;
using Catch::Contains;

namespace {

overview overview_of(std::uint64_t ready, std::int64_t at_ms) {
  queue_overview mail;
  mail.info.queue = "mail";
  mail.info.is_paused = true;
  mail.info.counts[task_state::ready] = ready;
  mail.info.counts[task_state::dead] = 1'234;
  mail.oldest_ready = duration{65'000};
  mail.why = "the queue is paused";
  overview seen;
  seen.at = instant_of_ms(at_ms);
  seen.status.node = "tower";
  seen.status.shards_serving = 1;
  seen.status.shard_count = 2;
  seen.queues = {mail};
  return seen;
}

} // namespace

TEST_CASE("an overview says what a queue waits for", "[cli]") {
  const auto text = format_overview(overview_of(10, 0), nullptr, {});
  CHECK_THAT(text, Contains("node tower, up 0ms, 1 of 2 shards serving\n"));
  CHECK_THAT(text, Contains("storage: takes everything\n"));
  CHECK_THAT(text, Contains("tasks: 0 scheduled, 10 ready, 0 reserved, 0 running, 1,234 dead\n"));
  CHECK_THAT(text, Contains("1min 5s         -  the queue is paused\n"));
  CHECK_THAT(text, Contains("no workers are attached"));
}

TEST_CASE("an overview counts the growth of queues", "[cli]") {
  const auto before = overview_of(10, 1'000);
  CHECK_THAT(format_overview(overview_of(30, 3'000), &before, {}), Contains("  +10  "));
  CHECK_THAT(format_overview(overview_of(0, 3'000), &before, {}), Contains("  -5  "));
}

TEST_CASE("an overview names trouble of the storage and doubts about the oldest", "[cli]") {
  auto seen = overview_of(10, 0);
  seen.status.storage_trouble = "the disk is nearly full";
  seen.queues.front().is_oldest_known = false;
  const auto text = format_overview(seen, nullptr, {});
  CHECK_THAT(text, Contains("storage: the disk is nearly full\n"));
  CHECK_THAT(text, Contains("≥ 1min 5s"));
}

TEST_CASE("a frame has no more lines than the terminal", "[cli]") {
  CHECK(frame_of("a\nb\nc\n", 3) == "\033[Ha\033[K\r\nb\033[K\r\n\033[J");
  CHECK(frame_of("a\n", 24) == "\033[Ha\033[K\r\n\033[J");
}
