#include "bench_security.hpp"
#include "payload.hpp"
#include "roles.hpp"

#include "belfry/client.hpp"

#include <atomic>
#include <chrono>
#include <iostream>
#include <limits>
#include <thread>

namespace belfry::bench {

namespace {

constexpr std::int64_t us_per_hour = 3'600'000'000;

std::uint64_t mixed(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15ULL;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

/// Says when each task is due.
struct timetable {
  explicit timetable(const role_options& options)
      : when(options.when), span_us(options.span_ms * 1000),
        t0_us(now_us() + options.lead_ms * 1000) {}

  [[nodiscard]] bool is_delayed() const { return when != "now"; }
  /// In whole milliseconds, which is how belfry counts.
  [[nodiscard]] std::int64_t due_us(std::int64_t id) const {
    if (when == "hour")
      return (now_us() + us_per_hour) / 1000 * 1000;
    const auto offset = static_cast<std::int64_t>(mixed(static_cast<std::uint64_t>(id)) %
                                                  static_cast<std::uint64_t>(span_us));
    return (t0_us + offset) / 1000 * 1000;
  }

  std::string when;
  std::int64_t span_us;
  std::int64_t t0_us;
};

task_spec make_task(const timetable& times, const role_options& options, std::int64_t index) {
  const auto id = options.first + index;
  task_spec task;
  task.priority = options.high_every > 0 && id % options.high_every == 0 ? 1 : options.priority;
  task.kind = "noop";
  task.retention = duration{0};
  if (options.queues > 0)
    task.queue = "tenant-" + std::to_string(id % options.queues);
  if (options.fail_every > 0)
    task.retry.delay_min = duration{100};
  auto reference_us = now_us();
  if (times.is_delayed()) {
    reference_us = times.due_us(id);
    task.due = instant_of_ms(reference_us / 1000);
  }
  task.payload = make_payload(id, reference_us);
  return task;
}

void wait_for_turn(std::int64_t id, std::int64_t pace, std::int64_t start_us) {
  const auto left_us = start_us + id * 1'000'000 / pace - now_us();
  if (left_us > 0)
    std::this_thread::sleep_for(std::chrono::microseconds{left_us});
}

void answered(const result<submitted>& outcome) {
  if (!outcome)
    die("a task was refused: " + outcome.error().what);
}

} // namespace

int run_producer(const role_options& options) {
  auto connected = client::connect({{"127.0.0.1", options.port}}, bench_security());
  if (!connected)
    die(connected.error().what);
  auto& node = **connected;
  std::cout << "ready" << std::endl;
  std::string line;
  if (!std::getline(std::cin, line))
    return 0;
  const timetable times{options};
  const auto start_us = now_us();
  const auto stop_us = options.limit_ms ? start_us + options.limit_ms * 1000
                                        : std::numeric_limits<std::int64_t>::max();
  std::int64_t id = 0;
  for (; id < options.count && now_us() < stop_us; ++id) {
    if (options.pace > 0)
      wait_for_turn(id, options.pace, start_us);
    node.submit_async(make_task(times, options, id), answered);
  }
  if (const auto flushed = node.flush(duration{300'000}); !flushed)
    die(flushed.error().what);
  std::cout << R"({"n":)" << id << R"(,"start_us":)" << start_us << R"(,"end_us":)" << now_us()
            << R"(,"t0_us":)" << times.t0_us << "}" << std::endl;
  return 0;
}

} // namespace belfry::bench
