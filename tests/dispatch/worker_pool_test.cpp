#include "dispatch/worker_pool.hpp"

#include <catch2/catch.hpp>

using namespace belfry;

TEST_CASE("workers of the same kinds and queues form one group", "[worker_pool]") {
  worker_pool workers;
  workers.upsert(session_id{1}, {5, 3}, {}, 1);
  workers.upsert(session_id{2}, {3, 5, 5}, {}, 2);
  workers.upsert(session_id{3}, {3, 5}, {9}, 2);
  CHECK(workers.worker_groups().size() == 2);
  workers.remove(session_id{3});
  workers.remove(session_id{3});
  CHECK(workers.worker_groups().size() == 1);
  CHECK(workers.worker_groups().begin()->second.worker_count == 2);
}

TEST_CASE("a group is available while a worker in it has credit", "[worker_pool]") {
  worker_pool workers;
  auto& worker = workers.upsert(session_id{1}, {3}, {}, 1);
  CHECK(workers.available_groups().empty());
  workers.set_free_credit(worker, 2, 2);
  CHECK(workers.available_groups().size() == 1);
  CHECK(workers.available_kinds().count(3) == 1);
  CHECK(workers.free_credit_total() == 2);
  workers.set_free_credit(worker, 0, 0);
  CHECK(workers.available_groups().empty());
  CHECK(workers.available_kinds().empty());
  CHECK(workers.free_credit_total() == 0);
}

TEST_CASE("the worker with the most free credit relative to its slots is first", "[worker_pool]") {
  worker_pool workers;
  workers.set_free_credit(workers.upsert(session_id{1}, {3}, {}, 10), 5, 5);
  workers.set_free_credit(workers.upsert(session_id{2}, {3}, {}, 4), 3, 3);
  workers.set_free_credit(workers.upsert(session_id{3}, {3}, {}, 20), 10, 10);
  std::vector<std::uint64_t> order;
  for (const auto& worker_rank : workers.worker_groups().begin()->second.available)
    order.push_back(worker_rank.session.value);
  CHECK(order == std::vector<std::uint64_t>{2, 1, 3});
}

TEST_CASE("a worker that changes its kinds keeps its connection and shards", "[worker_pool]") {
  worker_pool workers;
  auto& worker = workers.upsert(session_id{1}, {3}, {}, 1);
  worker.admitted_shards = {true, true};
  const auto connection = worker.connection;
  workers.set_free_credit(worker, 4, 4);
  auto& again = workers.upsert(session_id{1}, {4}, {}, 2);
  CHECK(again.connection == connection);
  CHECK(workers.free_credit_total() == 0);
  CHECK(workers.is_admitted(session_id{1}, 1));
  workers.forget_shard(shard_id{1});
  CHECK_FALSE(workers.is_admitted(session_id{1}, 1));
  CHECK(workers.is_admitted(session_id{1}, 0));
  workers.remove(session_id{1});
  CHECK(workers.upsert(session_id{1}, {4}, {}, 2).connection != connection);
  CHECK_FALSE(workers.is_admitted(session_id{1}, 0));
}
