#include "worker/slot_limit.hpp"

#include <catch2/catch.hpp>

using namespace belfry;
using namespace std::chrono_literals;

namespace {

constexpr slot_limit::monotonic_time beginning{1h};

/// Calls `grow` at each trial until all slots are used; returns how many trials that took.
int trials_to_full(slot_limit& subject) {
  int trials = 0;
  for (; subject.is_reduced(); ++trials)
    subject.grow(*subject.next_trial());
  return trials;
}

} // namespace

TEST_CASE("a worker uses all slots until a resource is missing", "[slot_limit]") {
  slot_limit subject{300};
  CHECK(subject.usable() == 300);
  CHECK_FALSE(subject.is_reduced());
  CHECK_FALSE(subject.next_trial());
}

TEST_CASE("a shortage leaves as many slots as runs were in progress", "[slot_limit]") {
  slot_limit subject{300};
  CHECK(subject.reduce(beginning, 53));
  CHECK_FALSE(subject.reduce(beginning, 52)); // The same shortage.
  CHECK_FALSE(subject.reduce(beginning, 60));
  CHECK(subject.usable() == 52);
  CHECK(subject.next_trial() == beginning + 1s);
}

TEST_CASE("after a pause a quarter more slots are tried, until all are used", "[slot_limit]") {
  slot_limit subject{100};
  subject.reduce(beginning, 40);

  CHECK_FALSE(subject.grow(beginning + 1s));
  CHECK(subject.usable() == 50);
  CHECK(subject.next_trial() == beginning + 2s);
  CHECK(trials_to_full(subject) == 4); // 62, 77, 96, 100.
  CHECK(subject.usable() == 100);
}

TEST_CASE("a worker that could run nothing tries one slot", "[slot_limit]") {
  slot_limit subject{4};
  subject.reduce(beginning, 0);
  CHECK(subject.usable() == 0);
  subject.grow(beginning + 1s);
  CHECK(subject.usable() == 1);
}

TEST_CASE("each failed trial doubles the pause, to half a minute at most", "[slot_limit]") {
  slot_limit subject{100};
  auto now = beginning;
  subject.reduce(now, 40);
  for (const auto pause : {1s, 2s, 4s, 8s, 16s, 30s, 30s}) {
    CHECK(subject.next_trial() == now + pause);
    now += pause;
    subject.grow(now);
    subject.reduce(now, 40);
  }
}

TEST_CASE("each trial that succeeds halves the pause", "[slot_limit]") {
  slot_limit subject{1'000};
  auto now = beginning;
  for (int failed = 0; failed < 4; ++failed) {
    subject.reduce(now, 40);
    now = *subject.next_trial();
    subject.grow(now); // The last one succeeds.
  }
  CHECK(subject.next_trial() == now + 8s);
  subject.grow(now + 8s);
  CHECK(subject.next_trial() == now + 8s + 4s);
}

TEST_CASE("a later shortage starts with a short pause again", "[slot_limit]") {
  slot_limit subject{100};
  for (int failed = 0; failed < 5; ++failed) {
    subject.reduce(beginning, 40);
    subject.grow(beginning);
  }
  trials_to_full(subject);

  CHECK(subject.reduce(beginning + 1h, 40));
  CHECK(subject.next_trial() == beginning + 1h + 1s);
}
