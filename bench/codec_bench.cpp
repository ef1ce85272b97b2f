#include "belfry/failure.hpp"
#include "task/event.hpp"
#include "wire/codec.hpp"
#include "wire/envelope.hpp"
#include "wire/event_codec.hpp"
#include "wire/messages.pb.h"

#include <benchmark/benchmark.h>

#include <string>
#include <vector>

using namespace belfry;

namespace {

constexpr std::size_t batch = 100;

task_spec spec() {
  task_spec task;
  task.kind = "noop";
  task.payload.assign(128, 'x');
  return task;
}

/// The three events of a task's life, for a batch of tasks.
std::vector<event> life_of_batch() {
  std::vector<event> events;
  for (std::uint64_t serial = 1; serial <= batch; ++serial) {
    const auto id = task_id::of({1}, serial);
    const auto at = instant_of_ms(1'700'000'000'000);
    task_submitted submission;
    submission.id = id;
    submission.at = submission.due = at;
    submission.spec = spec();
    events.push_back(std::move(submission));
    events.push_back(task_started{id, at, {serial}, {99}});
    events.push_back(task_succeeded{id, at, {}});
  }
  return events;
}

wire::Submit submit_message() {
  wire::Submit message;
  for (std::size_t i = 0; i < batch; ++i)
    wire::write(spec(), *message.add_tasks());
  return message;
}

void count_tasks(benchmark::State& state) {
  state.counters["tasks_per_s"] =
      benchmark::Counter(static_cast<double>(batch), benchmark::Counter::kIsIterationInvariantRate);
}

void codec_write_events(benchmark::State& state) {
  const auto events = life_of_batch();
  wire::event_writer writer;
  for (auto _ : state) {
    for (const auto& written : events)
      writer.add(written);
    benchmark::DoNotOptimize(writer.finish_record());
  }
  count_tasks(state);
}

void codec_read_events(benchmark::State& state) {
  wire::event_writer writer;
  for (const auto& written : life_of_batch())
    writer.add(written);
  const auto bytes = writer.finish_record();
  for (auto _ : state) {
    std::size_t count = 0;
    const auto read = wire::read_events(bytes, [&](event) { ++count; });
    if (!read.ok() || count != 3 * batch)
      state.SkipWithError("events were lost");
  }
  count_tasks(state);
}

/// What a client does to send a batch: specs to messages, sealed.
void codec_seal_submit(benchmark::State& state) {
  for (auto _ : state)
    benchmark::DoNotOptimize(wire::seal(submit_message()));
  count_tasks(state);
}

/// What a shard does to read it: opened, messages to specs.
void codec_open_submit(benchmark::State& state) {
  const auto bytes = wire::seal(submit_message());
  for (auto _ : state) {
    wire::Submit message;
    if (!wire::open(bytes, message))
      state.SkipWithError("the envelope is damaged");
    for (auto& task : *message.mutable_tasks())
      benchmark::DoNotOptimize(wire::read_moving(task));
  }
  count_tasks(state);
}

BENCHMARK(codec_write_events);
BENCHMARK(codec_read_events);
BENCHMARK(codec_seal_submit);
BENCHMARK(codec_open_submit);

} // namespace
