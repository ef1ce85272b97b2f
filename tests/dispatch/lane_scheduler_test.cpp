#include "dispatch/lane_scheduler.hpp"

#include <catch2/catch.hpp>

using namespace belfry;

namespace {

struct scheduler_fixture {
  name_table names;
  lane_scheduler scheduler{names};
  name_index send = names.index_of("send");

  void update(std::uint16_t shard, const std::string& queue, std::size_t waiting,
              std::uint32_t weight = 1) {
    scheduler.update(shard_id{shard},
                     {{.queue = queue, .kind = "send", .waiting = waiting, .weight = weight}},
                     false);
  }
  std::vector<std::string> turns() {
    std::vector<std::string> found;
    for (const auto& [pass, queue] : scheduler.turns_of(send))
      found.push_back(names.name(queue));
    return found;
  }
  lane_key lane(const std::string& queue) { return {names.index_of(queue), send, 0}; }
};

using order = std::vector<std::string>;

} // namespace

TEST_CASE("a name always has the same number", "[lane_scheduler]") {
  name_table names;
  const auto mail = names.index_of("mail");
  CHECK(names.index_of("post") != mail);
  CHECK(names.index_of("mail") == mail);
  CHECK(names.name(mail) == "mail");
}

TEST_CASE_METHOD(scheduler_fixture, "a queue's turn comes later the more of it was reserved",
                 "[lane_scheduler]") {
  update(0, "a", 10, 1);
  update(0, "b", 10, 4);
  CHECK(turns() == order{"a", "b"});
  scheduler.reserve(lane("a"), 1);
  scheduler.reserve(lane("b"), 1);
  CHECK(turns() == order{"b", "a"});
}

TEST_CASE_METHOD(scheduler_fixture, "a queue that comes late does not go before those that waited",
                 "[lane_scheduler]") {
  update(0, "a", 10);
  update(0, "b", 10);
  for (const auto* queue : {"a", "b", "a"})
    scheduler.reserve(lane(queue), 1);
  update(0, "late", 10);
  CHECK(turns() == order{"b", "late", "a"});
}

TEST_CASE_METHOD(scheduler_fixture, "tasks that were not granted are not charged",
                 "[lane_scheduler]") {
  update(0, "a", 10);
  update(0, "b", 10);
  const auto update_number = scheduler.reserve(lane("a"), 5);
  update(0, "a", 10);
  scheduler.record_granted(lane("a"), 5, 0, update_number);
  CHECK(turns() == order{"a", "b"});
}

TEST_CASE_METHOD(scheduler_fixture, "a queue has a turn while it has tasks that are not reserved",
                 "[lane_scheduler]") {
  update(0, "a", 3);
  const auto update_number = scheduler.reserve(lane("a"), 3);
  CHECK(turns().empty());
  CHECK(scheduler.weight_total() == 0);
  scheduler.record_granted(lane("a"), 3, 3, update_number);
  CHECK(turns().empty());
  update(0, "a", 1, 7);
  CHECK(turns() == order{"a"});
  CHECK(scheduler.weight_total() == 7);
  update(0, "a", 1, 5'000);
  CHECK(scheduler.weight_total() == 1'000);
}

TEST_CASE_METHOD(scheduler_fixture, "forgetting a shard keeps the lanes of other shards",
                 "[lane_scheduler]") {
  update(0, "a", 3);
  update(1, "b", 3);
  scheduler.forget(shard_id{0});
  CHECK(turns() == order{"b"});
  scheduler.record_granted(lane("a"), 3, 3, 1);
  CHECK(turns() == order{"b"});
}
