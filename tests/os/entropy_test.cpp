#include "os/entropy.hpp"

#include <catch2/catch.hpp>

#include <set>

TEST_CASE("no two seeds are the same", "[entropy]") {
  std::set<std::uint64_t> seeds;

  for (int i = 0; i < 1000; ++i)
    seeds.insert(belfry::entropy_seed());

  CHECK(seeds.size() == 1000);
}
