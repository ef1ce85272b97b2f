#include "dispatch/free_slots.hpp"

#include <catch2/catch.hpp>

using namespace belfry;

TEST_CASE("workers of the same kinds and queues form one crew", "[free_slots]") {
  free_slots workers;
  workers.put(session_id{1}, {5, 3}, {}, 1);
  workers.put(session_id{2}, {3, 5, 5}, {}, 2);
  workers.put(session_id{3}, {3, 5}, {9}, 2);
  CHECK(workers.crews().size() == 2);
  workers.remove(session_id{3});
  workers.remove(session_id{3});
  CHECK(workers.crews().size() == 1);
  CHECK(workers.crews().begin()->second.members == 2);
}

TEST_CASE("a crew is open while somebody in it has credit", "[free_slots]") {
  free_slots workers;
  auto& one = workers.put(session_id{1}, {3}, {}, 1);
  CHECK(workers.open_crews().empty());
  workers.set_free(one, 2);
  CHECK(workers.open_crews().size() == 1);
  CHECK(workers.open_kinds().count(3) == 1);
  CHECK(workers.free_total() == 2);
  workers.set_free(one, 0);
  CHECK(workers.open_crews().empty());
  CHECK(workers.open_kinds().empty());
  CHECK(workers.free_total() == 0);
}

TEST_CASE("the worker with the most free credit for its slots stands first", "[free_slots]") {
  free_slots workers;
  workers.set_free(workers.put(session_id{1}, {3}, {}, 10), 5);
  workers.set_free(workers.put(session_id{2}, {3}, {}, 4), 3);
  workers.set_free(workers.put(session_id{3}, {3}, {}, 20), 10);
  std::vector<std::uint64_t> order;
  for (const auto& place : workers.crews().begin()->second.free)
    order.push_back(place.session.value);
  CHECK(order == std::vector<std::uint64_t>{2, 1, 3});
}

TEST_CASE("a worker that changes what it runs stays the same worker", "[free_slots]") {
  free_slots workers;
  auto& one = workers.put(session_id{1}, {3}, {}, 1);
  one.admitted = {true, true};
  const auto stay = one.stay;
  workers.set_free(one, 4);
  auto& again = workers.put(session_id{1}, {4}, {}, 2);
  CHECK(again.stay == stay);
  CHECK(workers.free_total() == 0);
  CHECK(workers.is_admitted(session_id{1}, 1));
  workers.dismiss(shard_id{1});
  CHECK_FALSE(workers.is_admitted(session_id{1}, 1));
  CHECK(workers.is_admitted(session_id{1}, 0));
  workers.remove(session_id{1});
  CHECK(workers.put(session_id{1}, {4}, {}, 2).stay != stay);
  CHECK_FALSE(workers.is_admitted(session_id{1}, 0));
}
