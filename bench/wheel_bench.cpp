#include "random/prng.hpp"
#include "time/timing_wheel.hpp"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <memory>
#include <numeric>
#include <vector>

using namespace belfry;

namespace {

constexpr instant start = instant_of_ms(1'700'000'000'000);
constexpr std::uint64_t hour_ms = 3'600'000;

/// Due instants spread at random over an hour: as tasks submitted by many are.
std::vector<instant> random_dues(std::size_t count) {
  prng random{1};
  std::vector<instant> dues(count);
  for (auto& due : dues)
    due = start + duration{1 + static_cast<std::int64_t>(random.below(hour_ms))};
  return dues;
}

/// A wheel that holds `dues`, and which of its timers are awaited, as an owner's records tell.
struct full_wheel {
  explicit full_wheel(const std::vector<instant>& dues) : is_awaited(dues.size()) { fill(dues); }
  full_wheel(const full_wheel&) = delete;

  void fill(const std::vector<instant>& dues) {
    for (std::size_t i = 0; i < dues.size(); ++i)
      add(i, dues[i]);
  }
  void add(timer_key key, instant due) {
    is_awaited[key] = true;
    wheel.add(key, due);
  }
  void cancel(timer_key key) {
    is_awaited[key] = false;
    wheel.cancel();
  }

  std::vector<bool> is_awaited;
  timing_wheel wheel{start, [this](timer_key key, instant) { return is_awaited[key]; }};
};

std::vector<timer_key> shuffled_keys(std::size_t count) {
  prng random{2};
  std::vector<timer_key> keys(count);
  std::iota(keys.begin(), keys.end(), 0);
  for (auto left = count; left > 1; --left)
    std::swap(keys[left - 1], keys[random.below(left)]);
  return keys;
}

void per_timer(benchmark::State& state) {
  state.counters["ns_per_timer"] =
      benchmark::Counter(static_cast<double>(state.iterations() * state.range(0)) / 1e9,
                         benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

/// Fills an empty wheel whose memory was used before.
void wheel_add(benchmark::State& state) {
  const auto dues = random_dues(static_cast<std::size_t>(state.range(0)));
  full_wheel full{dues};
  for (auto _ : state) {
    state.PauseTiming();
    for (timer_key key = 0; key < dues.size(); ++key)
      full.cancel(key);
    state.ResumeTiming();
    full.fill(dues);
  }
  per_timer(state);
}

/// Fills a new wheel: what the system takes for new memory is counted.
void wheel_first_fill(benchmark::State& state) {
  const auto dues = random_dues(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) {
    auto full = std::make_unique<full_wheel>(dues);
    state.PauseTiming();
    full.reset();
    state.ResumeTiming();
  }
  per_timer(state);
}

/// Cancels all, in random order.
void wheel_cancel(benchmark::State& state) {
  const auto dues = random_dues(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) {
    state.PauseTiming();
    auto full = std::make_unique<full_wheel>(dues);
    const auto keys = shuffled_keys(dues.size());
    state.ResumeTiming();
    for (const auto key : keys)
      full->cancel(key);
    state.PauseTiming();
    full.reset();
    state.ResumeTiming();
  }
  per_timer(state);
}

/// Lets the hour pass in steps of a millisecond, as a shard's alarm does.
void wheel_fire(benchmark::State& state) {
  const auto dues = random_dues(static_cast<std::size_t>(state.range(0)));
  std::vector<expired_timer> expired;
  for (auto _ : state) {
    state.PauseTiming();
    auto full = std::make_unique<full_wheel>(dues);
    std::size_t fired = 0;
    state.ResumeTiming();
    while (const auto wakeup = full->wheel.next_wakeup()) {
      expired.clear();
      fired += full->wheel.advance_to(*wakeup, 10'000, expired);
    }
    if (fired != dues.size())
      state.SkipWithError("timers were lost");
    state.PauseTiming();
    full.reset();
    state.ResumeTiming();
  }
  per_timer(state);
}

/// One timer added and one cancelled by turns while `range(0)` others wait: a time limit's life.
void wheel_add_then_cancel(benchmark::State& state) {
  full_wheel full{random_dues(static_cast<std::size_t>(state.range(0)))};
  prng random{3};
  const auto key = full.is_awaited.size();
  full.is_awaited.push_back(false);
  for (auto _ : state) {
    full.add(key, start + duration{1 + static_cast<std::int64_t>(random.below(hour_ms))});
    full.cancel(key);
  }
}

void sizes(benchmark::internal::Benchmark* benchmarked) {
  for (const auto count : {1'000, 100'000, 1'000'000, 10'000'000})
    benchmarked->Arg(count);
  benchmarked->Unit(benchmark::kMillisecond);
}

BENCHMARK(wheel_add)->Apply(sizes);
BENCHMARK(wheel_first_fill)->Apply(sizes);
BENCHMARK(wheel_cancel)->Apply(sizes);
BENCHMARK(wheel_fire)->Apply(sizes);
BENCHMARK(wheel_add_then_cancel)->Arg(1'000)->Arg(10'000'000);

} // namespace
