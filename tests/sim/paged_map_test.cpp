#include "observation/paged_map.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace belfry;
using namespace belfry::sim;

TEST_CASE("a paged map finds the entries that were added", "[paged_map]") {
  paged_map<task_id, std::string> tasks;
  const auto far = task_id::of({3}, 70'000);
  tasks[{7}] = "near";
  tasks[far] = "far";
  REQUIRE(tasks.find({7}));
  CHECK(*tasks.find({7}) == "near");
  CHECK(*tasks.find(far) == "far");
  CHECK(tasks.find({8}) == nullptr);
  CHECK_FALSE(tasks.contains(task_id::of({2}, 7)));
  tasks.clear();
  CHECK_FALSE(tasks.contains({7}));
}

TEST_CASE("a paged map keeps its entries in place and in the order of their keys", "[paged_map]") {
  paged_map<std::uint64_t, int> numbers;
  auto* first = &numbers[1'000];
  *first = 1;
  for (const std::uint64_t number : {999, 1'001, 64, 63, 0})
    numbers[number] = 2;
  CHECK(numbers.find(1'000) == first);
  std::vector<std::uint64_t> seen;
  numbers.for_each([&](std::uint64_t number, int) { seen.push_back(number); });
  CHECK(seen == std::vector<std::uint64_t>{0, 63, 64, 999, 1'000, 1'001});
}
