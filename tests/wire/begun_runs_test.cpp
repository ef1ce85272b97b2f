#include "wire/begun_runs.hpp"

#include "task/task_record.hpp"

#include <catch2/catch.hpp>

#include <limits>

using namespace belfry;

TEST_CASE("a worker's clock says how long ago a handler began", "[begun_runs]") {
  CHECK(wire::ago_of(4'000, 6'500) == duration{2'500});
  CHECK(wire::ago_of(6'500, 6'500) == duration{0});
}

TEST_CASE("a begin that a worker cannot mean is taken for the nearest that it can",
          "[begun_runs]") {
  constexpr auto least = std::numeric_limits<std::int64_t>::min();
  constexpr auto greatest = std::numeric_limits<std::int64_t>::max();
  CHECK(wire::ago_of(7'000, 6'500) == duration{0});
  CHECK(wire::ago_of(greatest, least) == duration{0});
  CHECK(wire::ago_of(least, greatest) == started_ago_max);
}

TEST_CASE("the begun runs of a shard are those of its tasks that have begun", "[begun_runs]") {
  wire::Heartbeat heartbeat;
  const auto add = [&](shard_id shard, std::uint64_t token) -> wire::RunRef& {
    auto& run = *heartbeat.add_begun();
    run.set_task(task_id::of(shard, 7).value);
    run.set_token(token);
    return run;
  };
  add({3}, 11).set_began_ms(0); // The clock of a worker may begin at 0.
  add({3}, 12);
  add({4}, 13).set_began_ms(900);

  const auto begun = wire::begun_runs_of(heartbeat.begun(), 1'000, shard_id{3});

  REQUIRE(begun.size() == 1);
  CHECK(begun[0].task == task_id::of({3}, 7));
  CHECK(begun[0].token.value == 11);
  CHECK(begun[0].ago == duration{1'000});
}
