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

std::vector<timer_key> keys_by(timing_wheel& wheel, std::int64_t now_ms,
                               std::size_t limit = no_limit) {
  std::vector<expired_timer> out;
  const auto count = wheel.advance_to(at(now_ms), limit, out);
  CHECK(count == out.size());
  std::vector<timer_key> keys;
  for (const auto& timer : out)
    keys.push_back(timer.key);
  return keys;
}

/// The same promises kept by a sorted map, slowly.
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

TEST_CASE("timers come out in order of their instant, none early", "[wheel]") {
  timing_wheel wheel{at(1000)};
  wheel.add(1, at(5000));
  wheel.add(2, at(1001));
  wheel.add(3, at(100'000'000));

  CHECK(keys_by(wheel, 1000).empty());
  CHECK(keys_by(wheel, 5000) == std::vector<timer_key>{2, 1});
  CHECK(keys_by(wheel, 99'999'999).empty());
  CHECK(keys_by(wheel, 100'000'000) == std::vector<timer_key>{3});
  CHECK(wheel.size() == 0);
}

TEST_CASE("a timer whose instant has passed comes out at once", "[wheel]") {
  timing_wheel wheel{at(1000)};
  wheel.add(7, at(-5));
  CHECK(*wheel.next_wakeup() <= at(1000));
  CHECK(keys_by(wheel, 1000) == std::vector<timer_key>{7});
}

TEST_CASE("a cancelled timer never comes out, and its handle names no later timer", "[wheel]") {
  timing_wheel wheel{at(0)};
  const auto first = wheel.add(1, at(10));
  CHECK(wheel.cancel(first));
  const auto second = wheel.add(2, at(10));
  CHECK(second.index == first.index);
  CHECK_FALSE(wheel.cancel(first));
  CHECK_FALSE(wheel.cancel(timer_handle{}));
  CHECK(keys_by(wheel, 10) == std::vector<timer_key>{2});
  CHECK_FALSE(wheel.cancel(second));
}

TEST_CASE("cancelling most of many timers leaves the others, in order", "[wheel]") {
  prng random{5};
  timing_wheel wheel{at(0)};
  model expected;
  std::vector<std::pair<timer_handle, std::pair<std::int64_t, timer_key>>> added;
  for (timer_key key = 1; key <= 50'000; ++key) {
    const auto due = static_cast<std::int64_t>(random.below(3'600'000));
    added.push_back({wheel.add(key, at(due)), {due, key}});
    expected.waiting.insert(added.back().second);
  }
  std::vector<std::pair<std::int64_t, timer_key>> seen;
  for (std::int64_t now = 0; now < 3'600'000; now += 60'000) {
    for (int i = 0; i < 1000; ++i) {
      const auto& [handle, timer] = added[random.below(added.size())];
      CHECK(wheel.cancel(handle) == (expected.waiting.erase(timer) == 1));
    }
    std::vector<expired_timer> out;
    wheel.advance_to(at(now), no_limit, out);
    seen.clear();
    for (const auto& timer : out)
      seen.emplace_back(to_ms(timer.due), timer.key);
    CHECK(std::is_sorted(out.begin(), out.end(),
                         [](const auto& a, const auto& b) { return a.due < b.due; }));
    std::sort(seen.begin(), seen.end());
    CHECK(seen == expected.due_by(now));
    CHECK(wheel.size() == expected.waiting.size());
  }
}

TEST_CASE("a limit bounds one step and loses nothing", "[wheel]") {
  timing_wheel wheel{at(0)};
  for (timer_key key = 1; key <= 1000; ++key)
    wheel.add(key, at(1'000'000));
  std::vector<timer_key> seen;
  for (int step = 0; step < 1000 && seen.size() < 1000; ++step) {
    CHECK(*wheel.next_wakeup() <= at(1'000'000));
    const auto some = keys_by(wheel, 1'000'000, 64);
    CHECK(some.size() <= 64);
    seen.insert(seen.end(), some.begin(), some.end());
  }
  CHECK(seen.size() == 1000);
  CHECK_FALSE(wheel.next_wakeup().has_value());
}

TEST_CASE("the wheel refuses that time goes back", "[wheel]") {
  timing_wheel wheel{at(1000)};
  std::vector<expired_timer> out;
  CHECK_THROWS_AS(wheel.advance_to(at(999), 1, out), contract_violation);
}

TEST_CASE("the wheel does what a sorted map does", "[wheel]") {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    INFO("seed " << seed);
    prng random{seed};
    std::int64_t now = static_cast<std::int64_t>(random.below(1ULL << 40));
    timing_wheel wheel{at(now)};
    model expected;
    std::map<timer_key, std::pair<timer_handle, std::int64_t>> handles;
    timer_key next_key = 1;
    for (int step = 0; step < 2000; ++step) {
      const auto action = random.below(10);
      if (action < 6) {
        const auto reach = 1ULL << random.below(38);
        const auto due = now + static_cast<std::int64_t>(random.below(reach)) -
                         static_cast<std::int64_t>(random.below(50));
        handles[next_key] = {wheel.add(next_key, at(due)), due};
        expected.waiting.emplace(due, next_key++);
      } else if (action < 8 && !handles.empty()) {
        const auto found = handles.lower_bound(random.below(next_key));
        if (found == handles.end())
          continue;
        const auto [handle, due] = found->second;
        CHECK(wheel.cancel(handle) == (expected.waiting.erase({due, found->first}) == 1));
        handles.erase(found);
      } else {
        const auto wakeup = wheel.next_wakeup();
        CHECK(wakeup.has_value() == !expected.waiting.empty());
        if (wakeup && expected.waiting.begin()->first > now)
          CHECK(to_ms(*wakeup) <= expected.waiting.begin()->first);
        now += static_cast<std::int64_t>(random.below(1ULL << random.below(36)));
        std::vector<std::pair<std::int64_t, timer_key>> seen;
        std::vector<expired_timer> out;
        const auto limit = random.chance(50) ? no_limit : 1 + random.below(20);
        do {
          out.clear();
          wheel.advance_to(at(now), limit, out);
          for (const auto& timer : out)
            seen.emplace_back(to_ms(timer.due), timer.key);
        } while (wheel.next_wakeup() && *wheel.next_wakeup() <= at(now));
        std::sort(seen.begin(), seen.end());
        CHECK(seen == expected.due_by(now));
      }
      CHECK(wheel.size() == expected.waiting.size());
    }
  }
}
