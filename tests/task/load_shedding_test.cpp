#include "task/load_shedding.hpp"

#include <catch2/catch.hpp>

#include <vector>

using namespace belfry;
using namespace std::chrono_literals;

namespace {

constexpr instant noon = instant_of_ms(1'700'000'000'000);
constexpr auto low = priority_class::low;
constexpr auto normal = priority_class::normal;
constexpr auto high = priority_class::high;

struct load_shedding_fixture {
  load_shedding subject{{.pending_bytes_max = 1'000, .tasks_max = 100}};

  bool accepts(priority_class priority, shard_load load) {
    return !subject.refusal_for(priority, load, noon).has_value();
  }
  /// The pauses that a full shard gives to `count` batches of one class at `now`.
  std::vector<duration> pauses(priority_class priority, std::size_t count, instant now = noon) {
    std::vector<duration> all;
    for (std::size_t i = 0; i < count; ++i)
      all.push_back(subject.refusal_for(priority, {0, 100}, now)->retry_after);
    return all;
  }
};

} // namespace

TEST_CASE("a priority below, at or above 0 decides a task's class", "[load_shedding]") {
  CHECK(class_of(-1) == low);
  CHECK(class_of(0) == normal);
  CHECK(class_of(1) == high);
}

TEST_CASE_METHOD(load_shedding_fixture, "a shard that is not busy accepts everything",
                 "[load_shedding]") {
  for (const auto priority : {low, normal, high})
    CHECK(accepts(priority, {500, 49}));
}

TEST_CASE_METHOD(load_shedding_fixture, "lower priorities are refused first", "[load_shedding]") {
  SECTION("because of bytes to write") {
    CHECK_FALSE(accepts(low, {501, 0}));
    CHECK(accepts(normal, {750, 0}));
    CHECK_FALSE(accepts(normal, {751, 0}));
    CHECK(accepts(high, {1'000, 0}));
    CHECK_FALSE(accepts(high, {1'001, 0}));
  }
  SECTION("because of tasks held") {
    CHECK_FALSE(accepts(low, {0, 50}));
    CHECK(accepts(normal, {0, 74}));
    CHECK_FALSE(accepts(normal, {0, 75}));
    CHECK(accepts(high, {0, 99}));
    CHECK_FALSE(accepts(high, {0, 100}));
  }
}

TEST_CASE("the smallest limit accepts one task of any class", "[load_shedding]") {
  load_shedding subject{{.pending_bytes_max = 1, .tasks_max = 1}};
  for (const auto priority : {low, normal, high}) {
    CHECK_FALSE(subject.refusal_for(priority, {0, 0}, noon));
    CHECK(subject.refusal_for(priority, {0, 1}, noon));
  }
}

TEST_CASE_METHOD(load_shedding_fixture, "a refusal names the limit that is exceeded",
                 "[load_shedding]") {
  CHECK(subject.refusal_for(low, {600, 0}, noon)->reason ==
        "has 600 bytes to write, the limit for priorities below 0 is 500");
  CHECK(subject.refusal_for(normal, {0, 80}, noon)->reason ==
        "holds 80 tasks, the limit for priorities up to 0 is 75");
  CHECK(subject.refusal_for(high, {0, 100}, noon)->reason ==
        "holds 100 tasks, the limit for any priority is 100");
}

TEST_CASE_METHOD(load_shedding_fixture, "refused clients retry one after the other",
                 "[load_shedding]") {
  CHECK(pauses(normal, 4) == std::vector<duration>{100ms, 110ms, 120ms, 130ms});
  CHECK(pauses(normal, 1, noon + 80ms) == std::vector<duration>{100ms});
  CHECK(pauses(normal, 1, noon + 10s) == std::vector<duration>{100ms});
}

TEST_CASE_METHOD(load_shedding_fixture, "no client is told to wait for more than a few seconds",
                 "[load_shedding]") {
  const auto all = pauses(normal, 1'000);
  CHECK(all[490] == 5s);
  CHECK(all.back() == 5s);
}

TEST_CASE_METHOD(load_shedding_fixture, "a high priority does not wait behind low ones",
                 "[load_shedding]") {
  (void)pauses(low, 200);
  CHECK(pauses(high, 1) == std::vector<duration>{100ms});
}
