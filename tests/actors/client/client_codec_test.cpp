#include "client/client_codec.hpp"

#include "telemetry/health_codec.hpp"

#include <catch2/catch.hpp>

using namespace belfry;

namespace {

queue_info part_of(const std::string& queue, bool is_paused, std::uint64_t ready = 0) {
  queue_info part{
      .queue = queue, .is_paused = is_paused, .weight = 5, .level = durability::relaxed};
  part.counts[task_state::ready] = ready;
  return part;
}

} // namespace

TEST_CASE("a queue's parts in the shards make one queue", "[client]") {
  std::map<std::string, queue_info> merged;
  auto with_dead_tasks = part_of("mail", true, 20);
  with_dead_tasks.counts[task_state::dead] = 30;
  client_codec::merge(part_of("mail", true, 2), merged);
  client_codec::merge(with_dead_tasks, merged);
  client_codec::merge(part_of("other", false), merged);

  REQUIRE(merged.size() == 2);
  const auto& mail = merged["mail"];
  CHECK(mail.counts[task_state::ready] == 22);
  CHECK(mail.counts.open() == 22);
  CHECK(mail.counts.settled() == 30);
  CHECK(mail.is_paused);
  CHECK(mail.weight == 5);
  CHECK(mail.level == durability::relaxed);
}

TEST_CASE("a queue is paused only when it is paused in every shard", "[client]") {
  std::map<std::string, queue_info> merged;
  client_codec::merge(part_of("mail", true), merged);
  client_codec::merge(part_of("mail", false), merged);
  CHECK_FALSE(merged["mail"].is_paused);
}

TEST_CASE("a count of each state is read, and of no unknown state", "[client]") {
  wire::QueueInfo from;
  for (std::uint64_t count = 1; count <= 9; ++count)
    from.add_counts(count);
  const auto queue = client_codec::read(from);
  CHECK(queue.counts[task_state::scheduled] == 1);
  CHECK(queue.counts[task_state::expired] == 7);
}

TEST_CASE("reserved tasks are not counted as running", "[client]") {
  wire::QueueInfo from;
  for (const auto count : {0, 0, 5})
    from.add_counts(static_cast<std::uint64_t>(count));
  from.set_reserved(2);
  const auto queue = client_codec::read(from);
  CHECK(queue.counts[task_state::running] == 3);
  CHECK(queue.counts[task_state::reserved] == 2);
  CHECK(queue.counts.open() == 5);
}

TEST_CASE("a reason of a newer node reads as unknown, with its text", "[client]") {
  wire::Explanation from;
  from.set_reason("queue_paused");
  CHECK(client_codec::read(from).reason == explanation_reason::queue_paused);
  from.set_reason("rate_limited");
  from.set_text("its queue starts 5 tasks a second");
  const auto read = client_codec::read(from);
  CHECK(read.reason == explanation_reason::unknown);
  CHECK(read.text == "its queue starts 5 tasks a second");
}

TEST_CASE("a filter asks for what it names and nothing else", "[client]") {
  wire::ListTasks to;
  client_codec::write(task_filter{}, to);
  CHECK(to.states_size() == 0);
  CHECK_FALSE(to.has_due_from_ms());

  client_codec::write({.states = {task_state::dead},
                       .queue = "mail",
                       .kind = "send",
                       .due_from = instant_of_ms(-5),
                       .due_to = instant_of_ms(7),
                       .count_max = 9},
                      to);
  REQUIRE(to.states_size() == 1);
  CHECK(to.states(0) == static_cast<std::uint32_t>(task_state::dead));
  CHECK(to.queue() == "mail");
  CHECK(to.kind() == "send");
  CHECK(to.due_from_ms() == -5);
  CHECK(to.due_to_ms() == 7);
}

TEST_CASE("an unknown durability reads as the safest", "[client]") {
  wire::QueueInfo from;
  from.set_durability(99);
  CHECK(client_codec::read(from).level == durability::durable);
}

TEST_CASE("a parked schedule has its reason, any other has none", "[client]") {
  wire::ScheduleInfo from;
  CHECK(client_codec::read(from).parked_reason == std::nullopt);
  from.set_parked_reason("no such zone");
  CHECK(client_codec::read(from).parked_reason == "no such zone");
  CHECK_FALSE(client_codec::read(from).is_paused);
  from.set_is_paused(true);
  CHECK(client_codec::read(from).is_paused);
}

TEST_CASE("the status of a node is read as the node wrote it", "[client]") {
  wire::NodeStatus from;
  CHECK_FALSE(client_codec::read(from).stops_within);
  CHECK(client_codec::read(from).version.empty());
  CHECK_FALSE(client_codec::read(from).is_joined);
  from.set_stops_within_ms(0);
  from.set_version("0.1.0");
  from.set_is_joined(true);
  from.set_shards_held(3);
  const auto read = client_codec::read(from);
  CHECK(read.stops_within == duration{0});
  CHECK(read.version == "0.1.0");
  CHECK(read.is_joined);
  CHECK(read.shards_held == 3);
}

TEST_CASE("the health of a node is read as it was written", "[client]") {
  health_report report{.node = "tower", .is_ok = false, .is_ready = false};
  report.problems.push_back({"storage", "the disk is full"});
  report.queues.push_back({.queue = "mail",
                           .verdict = queue_verdict::no_worker,
                           .is_ok = false,
                           .text = "nobody is there",
                           .scheduled = 1,
                           .ready = 2,
                           .reserved = 3,
                           .running = 4,
                           .dead = 5,
                           .oldest_ready_age = duration{6}});
  wire::Health message;
  health_codec::write(report, message);

  const auto read = client_codec::read(message);

  CHECK(read.node == "tower");
  CHECK_FALSE(read.is_ok);
  CHECK_FALSE(read.is_ready);
  REQUIRE(read.problems.size() == 1);
  CHECK(read.problems[0].name == "storage");
  CHECK(read.problems[0].text == "the disk is full");
  REQUIRE(read.queues.size() == 1);
  const auto& queue = read.queues[0];
  CHECK(queue.queue == "mail");
  CHECK(queue.verdict == queue_verdict::no_worker);
  CHECK_FALSE(queue.is_ok);
  CHECK(queue.text == "nobody is there");
  CHECK(queue.scheduled == 1);
  CHECK(queue.ready == 2);
  CHECK(queue.reserved == 3);
  CHECK(queue.running == 4);
  CHECK(queue.dead == 5);
  CHECK(queue.oldest_ready_age == duration{6});
}

TEST_CASE("a verdict of a later version is shown by its text", "[client]") {
  wire::Health message;
  message.add_queues()->set_verdict("blocked_by_moon");
  message.mutable_queues(0)->set_text("the moon is full");
  const auto read = client_codec::read(message);
  CHECK(read.queues.at(0).verdict == queue_verdict::unknown);
  CHECK(read.queues.at(0).text == "the moon is full");
}
