#include "task/admission.hpp"

#include <catch2/catch.hpp>

#include <vector>

using namespace belfry;
using namespace std::chrono_literals;

namespace {

constexpr instant noon = instant_of_ms(1'700'000'000'000);
constexpr auto low = priority_class::low;
constexpr auto normal = priority_class::normal;
constexpr auto high = priority_class::high;

struct admission_fixture {
  admission subject{{.pending_bytes_max = 1'000, .tasks_max = 100}};

  bool takes(priority_class what, shard_load load) {
    return !subject.refusal_for(what, load, noon).has_value();
  }
  /// What a full shard says to so many batches of one class that come at `now`.
  std::vector<duration> pauses(priority_class what, std::size_t count, instant now = noon) {
    std::vector<duration> all;
    for (std::size_t i = 0; i < count; ++i)
      all.push_back(subject.refusal_for(what, {0, 100}, now)->retry_after);
    return all;
  }
};

} // namespace

TEST_CASE("a priority below, at or above 0 says what class a task is of", "[admission]") {
  CHECK(class_of(-1) == low);
  CHECK(class_of(0) == normal);
  CHECK(class_of(1) == high);
}

TEST_CASE_METHOD(admission_fixture, "a shard that is not busy takes everything", "[admission]") {
  for (const auto what : {low, normal, high})
    CHECK(takes(what, {500, 49}));
}

TEST_CASE_METHOD(admission_fixture, "lower priorities are refused first", "[admission]") {
  SECTION("bytes that are not written") {
    CHECK_FALSE(takes(low, {501, 0}));
    CHECK(takes(normal, {750, 0}));
    CHECK_FALSE(takes(normal, {751, 0}));
    CHECK(takes(high, {1'000, 0}));
    CHECK_FALSE(takes(high, {1'001, 0}));
  }
  SECTION("tasks that are held") {
    CHECK_FALSE(takes(low, {0, 50}));
    CHECK(takes(normal, {0, 74}));
    CHECK_FALSE(takes(normal, {0, 75}));
    CHECK(takes(high, {0, 99}));
    CHECK_FALSE(takes(high, {0, 100}));
  }
}

TEST_CASE("the smallest limit has room for one task of any class", "[admission]") {
  admission subject{{.pending_bytes_max = 1, .tasks_max = 1}};
  for (const auto what : {low, normal, high}) {
    CHECK_FALSE(subject.refusal_for(what, {0, 0}, noon));
    CHECK(subject.refusal_for(what, {0, 1}, noon));
  }
}

TEST_CASE_METHOD(admission_fixture, "a refusal says what there is too much of", "[admission]") {
  CHECK(subject.refusal_for(low, {600, 0}, noon)->reason ==
        "has 600 bytes to write, the limit for priorities below 0 is 500");
  CHECK(subject.refusal_for(normal, {0, 80}, noon)->reason ==
        "holds 80 tasks, the limit for priorities up to 0 is 75");
  CHECK(subject.refusal_for(high, {0, 100}, noon)->reason ==
        "holds 100 tasks, the limit for any priority is 100");
}

TEST_CASE_METHOD(admission_fixture, "those who are refused come back one after the other",
                 "[admission]") {
  CHECK(pauses(normal, 4) == std::vector<duration>{100ms, 110ms, 120ms, 130ms});
  CHECK(pauses(normal, 1, noon + 80ms) == std::vector<duration>{100ms});
  CHECK(pauses(normal, 1, noon + 10s) == std::vector<duration>{100ms});
}

TEST_CASE_METHOD(admission_fixture, "nobody waits for more than a few seconds", "[admission]") {
  const auto all = pauses(normal, 1'000);
  CHECK(all[490] == 5s);
  CHECK(all.back() == 5s);
}

TEST_CASE_METHOD(admission_fixture, "a high priority does not stand in line behind low ones",
                 "[admission]") {
  (void)pauses(low, 200);
  CHECK(pauses(high, 1) == std::vector<duration>{100ms});
}
