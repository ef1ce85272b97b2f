#include "random/prng.hpp"
#include "task/ledger.hpp"
#include "wire/event_codec.hpp"

#include <benchmark/benchmark.h>

#include <malloc.h>

#include <string>
#include <vector>

using namespace belfry;

namespace {

constexpr std::size_t batch = 100;
constexpr std::size_t payload_bytes = 128;
constexpr client_id client{7};
constexpr session_id worker{8};

task_spec spec(duration delay) {
  task_spec task;
  task.kind = "noop";
  task.payload.assign(payload_bytes, 'x');
  task.delay = delay;
  task.retention = duration{0};
  return task;
}

/// Drops the recorded events; if `encodes`, after writing them as journal records.
struct sink : event_sink {
  void record(const event& recorded, durability) override {
    if (!encodes)
      return;
    writer.add(recorded);
    if (writer.count() >= batch)
      bytes += writer.finish_record().size();
  }
  bool encodes = false;
  wire::event_writer writer;
  std::size_t bytes = 0;
};

/// A shard's ledger, driven as its actor drives it, in batches.
struct driver {
  explicit driver(bool encodes) { events.encodes = encodes; }

  void submit(duration delay, std::size_t count) {
    for (; count > 0; count -= std::min(count, batch))
      benchmark::DoNotOptimize(
          tasks.submit(client, ++sequence, {std::min(count, batch), spec(delay)}, now));
  }
  void fill(std::size_t count) {
    prng random{1};
    for (std::size_t i = 0; i < count; i += batch)
      submit(duration{3'600'000 + static_cast<std::int64_t>(random.below(3'600'000))}, batch);
  }
  void run_batch() {
    tasks.sessions().renew(worker, now);
    tasks.grant(worker, "default", "noop", batch, now);
    const auto granted = tasks.take_effects().grants;
    for (const auto& run : granted) {
      run_outcome outcome;
      outcome.task = run.task;
      outcome.token = run.token;
      tasks.finish_run(worker, std::move(outcome), now);
    }
    settled += granted.size();
  }
  void live() {
    submit(duration{0}, batch);
    run_batch();
    now += duration{1};
    tasks.advance(now, 1000);
  }

  instant now = instant_of_ms(1'700'000'000'000);
  sink events;
  ledger tasks{{}, events, now};
  std::uint64_t sequence = 0;
  std::size_t settled = 0;
};

void per_task(benchmark::State& state, std::size_t tasks) {
  state.counters["tasks_per_s"] =
      benchmark::Counter(static_cast<double>(tasks), benchmark::Counter::kIsRate);
}

/// Tasks from submit to forgotten, while `range(0)` other tasks are scheduled for later.
void ledger_life(benchmark::State& state) {
  driver shard{false};
  shard.fill(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state)
    shard.live();
  per_task(state, shard.settled);
}

/// The same with its events written as journal records.
void ledger_life_recorded(benchmark::State& state) {
  driver shard{true};
  shard.fill(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state)
    shard.live();
  per_task(state, shard.settled);
}

/// The memory of one scheduled task beside its payload.
void ledger_memory(benchmark::State& state) {
  const auto count = static_cast<std::size_t>(state.range(0));
  double bytes = 0;
  for (auto _ : state) {
    const auto before = mallinfo2();
    driver shard{false};
    shard.fill(count);
    const auto after = mallinfo2();
    bytes = static_cast<double>(after.uordblks + after.hblkhd) -
            static_cast<double>(before.uordblks + before.hblkhd);
  }
  state.counters["bytes_per_task_beside_payload"] =
      bytes / static_cast<double>(count) - static_cast<double>(payload_bytes);
}

BENCHMARK(ledger_life)->Arg(0)->Arg(1'000'000);
BENCHMARK(ledger_life_recorded)->Arg(0)->Arg(1'000'000);
BENCHMARK(ledger_memory)->Arg(1'000'000)->Unit(benchmark::kMillisecond)->Iterations(1);

} // namespace
