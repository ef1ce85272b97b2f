#include "bench_security.hpp"
#include "payload.hpp"
#include "roles.hpp"

#include "belfry/node.hpp"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <atomic>
#include <chrono>
#include <deque>
#include <fstream>
#include <iostream>
#include <list>
#include <mutex>
#include <thread>

namespace belfry::bench {

namespace {

/// The runs, recorded per thread so that handlers do not wait for each other.
class run_log {
public:
  void note(run_record record) {
    auto& mine = of_this_thread();
    mine.records.push_back(record);
    mine.count.fetch_add(1, std::memory_order_relaxed);
  }

  [[nodiscard]] std::int64_t count() {
    const std::lock_guard lock{mutex_};
    std::int64_t total = 0;
    for (const auto& thread_part : parts_)
      total += thread_part.count.load(std::memory_order_relaxed);
    return total;
  }

  /// Requires: no handler runs any more.
  void write(const std::string& path) const {
    std::ofstream file{path, std::ios::binary};
    for (const auto& thread_part : parts_)
      for (const auto& record : thread_part.records)
        file.write(reinterpret_cast<const char*>(&record), sizeof record);
    if (!file.flush())
      die("cannot write " + path);
  }

private:
  struct part {
    std::deque<run_record> records; // A growing vector would delay a run.
    std::atomic<std::int64_t> count{0};
  };

  part& of_this_thread() {
    thread_local part* mine = nullptr;
    if (!mine) {
      const std::lock_guard lock{mutex_};
      mine = &parts_.emplace_back();
    }
    return *mine;
  }

  std::mutex mutex_;
  std::list<part> parts_;
};

} // namespace

int work(const role_options& options) {
  spdlog::set_default_logger(spdlog::stderr_color_mt("belfry"));
  run_log log;
  handler_registry handlers;
  handlers.on("noop", [&log, span = std::chrono::microseconds{options.run_us},
                       every = options.fail_every](run& task) {
    const auto start_us = now_us();
    auto record = read_payload(task.payload());
    record.start_us = start_us;
    if (every > 0 && record.id % every == 0 && task.attempt() == 1)
      return run_result::failed("asked_to", "each task of its kind fails once");
    log.note(record);
    if (span.count() > 0)
      std::this_thread::sleep_for(span);
    return run_result::success();
  });
  node_options set;
  set.name = "bench-worker";
  set.storage = remote_storage{{{"127.0.0.1", options.port}}};
  set.worker = node_worker{.slots = options.slots, .prefetch = options.prefetch};
  set.security = bench_security();
  auto started = node::start(set, handlers);
  if (!started)
    die(started.error().what);
  std::cout << "ready" << std::endl;
  for (std::string line; std::getline(std::cin, line);)
    std::cout << log.count() << std::endl;
  (*started)->stop();
  started->reset();
  log.write(options.records);
  return 0;
}

} // namespace belfry::bench
