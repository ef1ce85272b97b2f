#include "client/client_codec.hpp"

#include <catch2/catch.hpp>

using namespace belfry;

TEST_CASE("a queue's parts in the shards make one queue", "[client]") {
  std::map<std::string, queue_info> merged;
  client_codec::merge({"mail", true, 5, durability::relaxed, {1, 2}}, merged);
  client_codec::merge({"mail", true, 5, durability::relaxed, {10, 20, 30}}, merged);
  client_codec::merge({"other", false, 1, durability::durable, {}}, merged);

  REQUIRE(merged.size() == 2);
  CHECK(merged["mail"].counts == std::vector<std::uint64_t>{11, 22, 30});
  CHECK(merged["mail"].is_paused);
  CHECK(merged["mail"].weight == 5);
  CHECK(merged["mail"].level == durability::relaxed);
}

TEST_CASE("a queue is paused only when it is so in every shard", "[client]") {
  std::map<std::string, queue_info> merged;
  client_codec::merge({"mail", true, 5, durability::durable, {}}, merged);
  client_codec::merge({"mail", false, 5, durability::durable, {}}, merged);
  CHECK_FALSE(merged["mail"].is_paused);
}

TEST_CASE("a filter asks for what it names and nothing else", "[client]") {
  wire::ListTasks to;
  client_codec::write(task_filter{}, to);
  CHECK(to.states_size() == 0);
  CHECK_FALSE(to.has_due_from_ms());

  client_codec::write({{task_state::dead}, "mail", "send", instant_of_ms(-5), instant_of_ms(7), 9},
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
