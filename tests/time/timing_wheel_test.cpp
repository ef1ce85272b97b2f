#include "time/timing_wheel.hpp"

#include "belfry/contract.hpp"
#include "random/prng.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <map>
#include <set>

using namespace belfry;

namespace {

constexpr std::size_t no_limit = 1'000'000'000;

instant at(std::int64_t ms) {
  return instant_of_ms(ms);
}

/// A wheel and the timers that its owner waits for.
struct wheel_fixture {
  explicit wheel_fixture(instant start)
      : wheel(start, [this](timer_key key, instant due) {
          const auto found = pending.find(key);
          return found != pending.end() && found->second == due;
        }) {}

  void add(timer_key key, instant due) {
    pending[key] = due;
    wheel.add(key, due);
  }
  /// Returns whether the timer was pending.
  bool cancel(timer_key key) {
    if (pending.erase(key) == 0)
      return false;
    wheel.cancel();
    return true;
  }
  std::vector<expired_timer> advance_to(instant now, std::size_t limit = no_limit) {
    std::vector<expired_timer> out;
    const auto count = wheel.advance_to(now, limit, out);
    CHECK(count == out.size());
    for (const auto& timer : out)
      pending.erase(timer.key);
    return out;
  }
  std::vector<timer_key> keys_by(std::int64_t now_ms, std::size_t limit = no_limit) {
    std::vector<timer_key> keys;
    for (const auto& timer : advance_to(at(now_ms), limit))
      keys.push_back(timer.key);
    return keys;
  }

  std::map<timer_key, instant> pending;
  timing_wheel wheel;
};

/// A simple reference: the same behaviour with a sorted set.
struct model {
  std::set<std::pair<std::int64_t, timer_key>> waiting;

  std::vector<std::pair<std::int64_t, timer_key>> due_by(std::int64_t now) {
    std::vector<std::pair<std::int64_t, timer_key>> due;
    while (!waiting.empty() && waiting.begin()->first <= now) {
      due.push_back(*waiting.begin());
      waiting.erase(waiting.begin());
    }
    return due;
  }
};

} // namespace

TEST_CASE("timers expire in order of their instant, none early", "[wheel]") {
  wheel_fixture timers{at(1000)};
  timers.add(1, at(5000));
  timers.add(2, at(1001));
  timers.add(3, at(100'000'000));

  CHECK(timers.keys_by(1000).empty());
  CHECK(timers.keys_by(5000) == std::vector<timer_key>{2, 1});
  CHECK(timers.keys_by(99'999'999).empty());
  CHECK(timers.keys_by(100'000'000) == std::vector<timer_key>{3});
  CHECK(timers.wheel.size() == 0);
}

TEST_CASE("a timer in the past expires at once, with its own instant", "[wheel]") {
  wheel_fixture timers{at(1000)};
  timers.add(7, at(-5));
  CHECK(*timers.wheel.next_wakeup() <= at(1000));
  const auto out = timers.advance_to(at(1000));
  REQUIRE(out.size() == 1);
  CHECK(out[0].key == 7);
  CHECK(out[0].due == at(-5));
}

TEST_CASE("a cancelled timer never expires", "[wheel]") {
  wheel_fixture timers{at(0)};
  timers.add(1, at(10));
  timers.add(2, at(10));
  CHECK(timers.cancel(1));
  CHECK(timers.wheel.size() == 1);
  CHECK(timers.keys_by(10) == std::vector<timer_key>{2});
}

TEST_CASE("after the last timer is cancelled there is no next wake-up", "[wheel]") {
  wheel_fixture timers{at(0)};
  timers.add(1, at(10));
  timers.add(2, at(100'000));
  CHECK(timers.cancel(2));
  CHECK(timers.cancel(1));
  CHECK_FALSE(timers.wheel.next_wakeup().has_value());
}

TEST_CASE("a timer cancelled and added again expires, and others stay", "[wheel]") {
  wheel_fixture timers{at(0)};
  timers.add(3, at(50));
  timers.add(1, at(10));
  CHECK(timers.cancel(1));
  timers.add(1, at(10));
  const auto keys = timers.keys_by(10);
  CHECK(std::set<timer_key>(keys.begin(), keys.end()) == std::set<timer_key>{1});
  CHECK(timers.keys_by(50) == std::vector<timer_key>{3});
}

TEST_CASE("timers that are added again and again do not accumulate", "[wheel]") {
  wheel_fixture timers{at(0)};
  for (timer_key other = 2; other < 10; ++other)
    timers.add(other, at(1'000'000));
  for (std::int64_t round = 0; round < 100'000; ++round) {
    timers.add(1, at(500'000 + round));
    timers.cancel(1);
  }
  std::size_t held = 0;
  timers.wheel.visit_all([&](timer_key, instant) { ++held; });
  CHECK(held < 2'000);
}

TEST_CASE("cancelled timers do not accumulate on any level", "[wheel]") {
  prng random{7};
  wheel_fixture timers{at(0)};
  for (timer_key other = 0; other < 2'000; ++other)
    timers.add(other, at(1'000'000'000 + static_cast<std::int64_t>(random.below(1'000'000))));
  for (timer_key key = 2'000; key < 300'000; ++key) {
    timers.add(key, at(1 + static_cast<std::int64_t>(random.below(1'000'000'000))));
    timers.cancel(key);
  }
  std::size_t held = 0;
  timers.wheel.visit_all([&](timer_key, instant) { ++held; });
  CHECK(held < 10'000);
}

TEST_CASE("cancelling most of many timers leaves the others, in order", "[wheel]") {
  prng random{5};
  wheel_fixture timers{at(0)};
  model expected;
  std::vector<std::pair<std::int64_t, timer_key>> added;
  for (timer_key key = 1; key <= 50'000; ++key) {
    const auto due = static_cast<std::int64_t>(random.below(3'600'000));
    timers.add(key, at(due));
    added.emplace_back(due, key);
    expected.waiting.insert(added.back());
  }
  std::vector<std::pair<std::int64_t, timer_key>> seen;
  for (std::int64_t now = 0; now < 3'600'000; now += 60'000) {
    for (int i = 0; i < 1000; ++i) {
      const auto& timer = added[random.below(added.size())];
      CHECK(timers.cancel(timer.second) == (expected.waiting.erase(timer) == 1));
    }
    const auto out = timers.advance_to(at(now));
    seen.clear();
    for (const auto& timer : out)
      seen.emplace_back(to_ms(timer.due), timer.key);
    CHECK(std::is_sorted(out.begin(), out.end(),
                         [](const auto& left, const auto& right) { return left.due < right.due; }));
    std::sort(seen.begin(), seen.end());
    CHECK(seen == expected.due_by(now));
    CHECK(timers.wheel.size() == expected.waiting.size());
  }
}

TEST_CASE("a limit bounds one step and loses nothing", "[wheel]") {
  wheel_fixture timers{at(0)};
  for (timer_key key = 1; key <= 1000; ++key)
    timers.add(key, at(1'000'000));
  std::vector<timer_key> seen;
  for (int step = 0; step < 1000 && seen.size() < 1000; ++step) {
    CHECK(*timers.wheel.next_wakeup() <= at(1'000'000));
    const auto some = timers.keys_by(1'000'000, 64);
    CHECK(some.size() <= 64);
    seen.insert(seen.end(), some.begin(), some.end());
  }
  CHECK(seen.size() == 1000);
  CHECK_FALSE(timers.wheel.next_wakeup().has_value());
}

TEST_CASE("moves between levels are bounded, too", "[wheel]") {
  wheel_fixture timers{at(0)};
  for (timer_key key = 1; key <= 1000; ++key)
    timers.add(key, at(4'200)); // Moves down once, at 4,096.
  int steps = 0;
  for (; *timers.wheel.next_wakeup() <= at(4'096); ++steps)
    CHECK(timers.keys_by(4'096, 1).empty());
  CHECK(steps == 1 + 1000 / 32);
  CHECK(timers.keys_by(4'200).size() == 1000);
}

TEST_CASE("the wheel refuses time that goes back", "[wheel]") {
  wheel_fixture timers{at(1000)};
  std::vector<expired_timer> out;
  CHECK_THROWS_AS(timers.wheel.advance_to(at(999), 1, out), contract_violation);
}

TEST_CASE("the wheel behaves as a sorted set of timers", "[wheel]") {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    INFO("seed " << seed);
    prng random{seed};
    std::int64_t now = static_cast<std::int64_t>(random.below(1ULL << 40));
    wheel_fixture timers{at(now)};
    model expected;
    timer_key next_key = 1;
    for (int step = 0; step < 2000; ++step) {
      const auto action = random.below(10);
      if (action < 6) {
        const auto reach = 1ULL << random.below(38);
        const auto due = now + static_cast<std::int64_t>(random.below(reach)) -
                         static_cast<std::int64_t>(random.below(50));
        timers.add(next_key, at(due));
        expected.waiting.emplace(due, next_key++);
      } else if (action < 8) {
        const auto found = timers.pending.lower_bound(random.below(next_key));
        if (found == timers.pending.end())
          continue;
        expected.waiting.erase({to_ms(found->second), found->first});
        timers.cancel(found->first);
      } else {
        const auto wakeup = timers.wheel.next_wakeup();
        CHECK(wakeup.has_value() == !expected.waiting.empty());
        if (wakeup && expected.waiting.begin()->first > now)
          CHECK(to_ms(*wakeup) <= expected.waiting.begin()->first);
        now += static_cast<std::int64_t>(random.below(1ULL << random.below(36)));
        std::vector<std::pair<std::int64_t, timer_key>> seen;
        const auto limit = random.chance(50) ? no_limit : 1 + random.below(20);
        do {
          for (const auto& timer : timers.advance_to(at(now), limit))
            seen.emplace_back(to_ms(timer.due), timer.key);
        } while (timers.wheel.next_wakeup() && *timers.wheel.next_wakeup() <= at(now));
        std::sort(seen.begin(), seen.end());
        CHECK(seen == expected.due_by(now));
      }
      CHECK(timers.wheel.size() == expected.waiting.size());
    }
  }
}
