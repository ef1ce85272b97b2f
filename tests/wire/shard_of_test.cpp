#include "wire/shard_of.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <string>

using namespace belfry;
using wire::shard_of_key;
using wire::shard_of_schedule;

TEST_CASE("the shard of a key and of a schedule never changes", "[shard_of]") {
  // Changing these numbers loses keys and schedules of existing data directories.
  CHECK(shard_of_key("default", "order-7", 4) == 2);
  CHECK(shard_of_key("default", "order-7", 64) == 46);
  CHECK(shard_of_schedule("nightly", 4) == 2);
  CHECK(shard_of_schedule("nightly", 64) == 10);
}

TEST_CASE("queue and key are hashed separately", "[shard_of]") {
  CHECK(shard_of_key("ab", "c", 1 << 20) != shard_of_key("a", "bc", 1 << 20));
}

TEST_CASE("keys and schedules spread evenly over the shards", "[shard_of]") {
  std::array<int, 8> keys{};
  std::array<int, 8> schedules{};
  for (int i = 0; i < 8000; ++i) {
    ++keys.at(shard_of_key("default", "order-" + std::to_string(i), 8));
    ++schedules.at(shard_of_schedule("schedule-" + std::to_string(i), 8));
  }
  for (std::size_t shard = 0; shard < keys.size(); ++shard) {
    CHECK(keys[shard] > 850);
    CHECK(keys[shard] < 1150);
    CHECK(schedules[shard] > 850);
    CHECK(schedules[shard] < 1150);
  }
}
