#include "task/state/shard_epoch.hpp"

#include <catch2/catch.hpp>

#include <cstdint>

using namespace belfry;
using namespace std::chrono_literals;

TEST_CASE("the least epoch grows by one each minute since 2026", "[shard_epoch]") {
  CHECK(epoch_min_at(instant_of_ms(0)) == 0);
  CHECK(epoch_min_at(epoch_origin - 1ms) == 0);
  CHECK(epoch_min_at(epoch_origin + 59'999ms) == 0);
  CHECK(epoch_min_at(epoch_origin + 60'000ms) == 1);
  CHECK(epoch_min_at(epoch_origin + 24h * 365) == 365 * 24 * 60);
}

TEST_CASE("a clock that is wrong by decades leaves a million epochs", "[shard_epoch]") {
  const auto latest = epoch_min_at(epoch_origin + 24h * 365 * 200);
  CHECK(latest == epoch_min_limit);
  CHECK(epoch_end - latest >= 1'000'000);
}

TEST_CASE("each epoch has serials of its own, and the greatest fit into an id", "[shard_epoch]") {
  CHECK(first_serial_of(1) == 1);
  CHECK(first_serial_of(2) == serials_per_epoch);
  CHECK(first_serial_of(3) - first_serial_of(2) == serials_per_epoch);
  const auto last = first_serial_of(epoch_end - 1) + serials_per_epoch - 1;
  CHECK(task_id::of({7}, last).shard() == shard_id{7});
  CHECK(task_id::of({7}, last).serial() == last);
}

TEST_CASE("a memory tells the epoch that may have given it", "[shard_epoch]") {
  CHECK(shard_memory{}.latest_epoch() == 0);
  CHECK(shard_memory{.epoch = 4}.latest_epoch() == 4);
  CHECK(shard_memory{.epoch = 4, .token = {std::uint64_t{6} << 40}}.latest_epoch() == 6);
  CHECK(shard_memory{.serial = first_serial_of(9) + 3}.latest_epoch() == 9);
  CHECK(first_serial_of(shard_memory{.serial = 77}.latest_epoch() + 1) > 77);
}

TEST_CASE("an epoch that no clock can have reached is not plausible", "[shard_epoch]") {
  CHECK(shard_memory{.epoch = epoch_min_limit - 1}.is_plausible());
  CHECK_FALSE(shard_memory{.epoch = epoch_min_limit}.is_plausible());
  CHECK_FALSE(shard_memory{.token = {~std::uint64_t{0}}}.is_plausible());
  CHECK_FALSE(shard_memory{.serial = 0xffff'ffff'ffff}.is_plausible());
}
