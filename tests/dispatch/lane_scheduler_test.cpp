#include "dispatch/lane_scheduler.hpp"

#include <catch2/catch.hpp>

using namespace belfry;

namespace {

struct board_fixture {
  name_table names;
  lane_scheduler board{names};
  name_index send = names.index_of("send");

  void tell(std::uint16_t shard, const std::string& queue, std::size_t waiting,
            std::uint32_t weight = 1) {
    board.update(shard_id{shard}, {{queue, "send", waiting, 0, {}, weight}}, false);
  }
  std::vector<std::string> turns() {
    std::vector<std::string> found;
    for (const auto& [pass, queue] : board.turns_of(send))
      found.push_back(names.name(queue));
    return found;
  }
  lane_key lane(const std::string& queue) { return {names.index_of(queue), send, 0}; }
};

using order = std::vector<std::string>;

} // namespace

TEST_CASE("a name has one number for ever", "[lane_scheduler]") {
  name_table names;
  const auto mail = names.index_of("mail");
  CHECK(names.index_of("post") != mail);
  CHECK(names.index_of("mail") == mail);
  CHECK(names.name(mail) == "mail");
}

TEST_CASE_METHOD(board_fixture, "a queue's turn comes later the more was taken of it",
                 "[lane_scheduler]") {
  tell(0, "a", 10, 1);
  tell(0, "b", 10, 4);
  CHECK(turns() == order{"a", "b"});
  board.ask(lane("a"), 1);
  board.ask(lane("b"), 1);
  CHECK(turns() == order{"b", "a"});
}

TEST_CASE_METHOD(board_fixture, "a queue that comes late does not go before those that waited",
                 "[lane_scheduler]") {
  tell(0, "a", 10);
  tell(0, "b", 10);
  for (const auto* queue : {"a", "b", "a"})
    board.ask(lane(queue), 1);
  tell(0, "late", 10);
  CHECK(turns() == order{"b", "late", "a"});
}

TEST_CASE_METHOD(board_fixture, "what was not granted is not charged", "[lane_scheduler]") {
  tell(0, "a", 10);
  tell(0, "b", 10);
  const auto told = board.ask(lane("a"), 5);
  tell(0, "a", 10);
  board.answer(lane("a"), 5, 0, told);
  CHECK(turns() == order{"a", "b"});
}

TEST_CASE_METHOD(board_fixture, "a queue has a turn while something of it is not asked for",
                 "[lane_scheduler]") {
  tell(0, "a", 3);
  const auto told = board.ask(lane("a"), 3);
  CHECK(turns().empty());
  CHECK(board.weight_total() == 0);
  board.answer(lane("a"), 3, 3, told);
  CHECK(turns().empty());
  tell(0, "a", 1, 7);
  CHECK(turns() == order{"a"});
  CHECK(board.weight_total() == 7);
  tell(0, "a", 1, 5'000);
  CHECK(board.weight_total() == 1'000);
}

TEST_CASE_METHOD(board_fixture, "a shard that is forgotten leaves the lanes of others",
                 "[lane_scheduler]") {
  tell(0, "a", 3);
  tell(1, "b", 3);
  board.forget(shard_id{0});
  CHECK(turns() == order{"b"});
  board.answer(lane("a"), 3, 3, 1);
  CHECK(turns() == order{"b"});
}
