#include "random/prng.hpp"
#include "time/timing_wheel.hpp"

#include <benchmark/benchmark.h>

#include <algorithm>
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

/// A wheel that holds `dues`, and the handle of each.
struct full_wheel {
  explicit full_wheel(const std::vector<instant>& dues) {
    handles.reserve(dues.size());
    for (std::size_t i = 0; i < dues.size(); ++i)
      handles.push_back(wheel.add(i, dues[i]));
  }
  timing_wheel wheel{start};
  std::vector<timer_handle> handles;
};

void shuffle(std::vector<timer_handle>& handles) {
  prng random{2};
  for (auto left = handles.size(); left > 1; --left)
    std::swap(handles[left - 1], handles[random.below(left)]);
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
    for (const auto handle : full.handles)
      full.wheel.cancel(handle);
    full.handles.clear();
    state.ResumeTiming();
    for (std::size_t i = 0; i < dues.size(); ++i)
      full.handles.push_back(full.wheel.add(i, dues[i]));
  }
  per_timer(state);
}

/// Fills a new wheel: what the system takes for new memory is counted.
void wheel_first_fill(benchmark::State& state) {
  const auto dues = random_dues(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) {
    timing_wheel wheel{start};
    for (std::size_t i = 0; i < dues.size(); ++i)
      benchmark::DoNotOptimize(wheel.add(i, dues[i]));
    state.PauseTiming();
    { const auto gone = std::move(wheel); }
    state.ResumeTiming();
  }
  per_timer(state);
}

/// Cancels all, in random order.
void wheel_cancel(benchmark::State& state) {
  const auto dues = random_dues(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) {
    state.PauseTiming();
    full_wheel full{dues};
    shuffle(full.handles);
    state.ResumeTiming();
    for (const auto handle : full.handles)
      benchmark::DoNotOptimize(full.wheel.cancel(handle));
    state.PauseTiming();
    { const auto gone = std::move(full); }
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
    full_wheel full{dues};
    std::size_t fired = 0;
    state.ResumeTiming();
    while (const auto wakeup = full.wheel.next_wakeup()) {
      expired.clear();
      fired += full.wheel.advance_to(*wakeup, 10'000, expired);
    }
    if (fired != dues.size())
      state.SkipWithError("timers were lost");
    state.PauseTiming();
    { const auto gone = std::move(full); }
    state.ResumeTiming();
  }
  per_timer(state);
}

/// One timer added and one cancelled by turns while `range(0)` others wait: a time limit's life.
void wheel_add_then_cancel(benchmark::State& state) {
  full_wheel full{random_dues(static_cast<std::size_t>(state.range(0)))};
  prng random{3};
  timer_key key = 0;
  for (auto _ : state) {
    const auto due = start + duration{1 + static_cast<std::int64_t>(random.below(hour_ms))};
    benchmark::DoNotOptimize(full.wheel.cancel(full.wheel.add(++key, due)));
  }
}

void sizes(benchmark::internal::Benchmark* what) {
  for (const auto count : {1'000, 100'000, 1'000'000, 10'000'000})
    what->Arg(count);
  what->Unit(benchmark::kMillisecond);
}

BENCHMARK(wheel_add)->Apply(sizes);
BENCHMARK(wheel_first_fill)->Apply(sizes);
BENCHMARK(wheel_cancel)->Apply(sizes);
BENCHMARK(wheel_fire)->Apply(sizes);
BENCHMARK(wheel_add_then_cancel)->Arg(1'000)->Arg(10'000'000);

} // namespace
