// A cluster that gets ten times the load that its workers can handle, for a while.
#include "cluster_trial.hpp"

#include <catch2/catch.hpp>

#include <chrono>
#include <iostream>
#include <map>
#include <mutex>
#include <thread>

using namespace belfry;
using namespace belfry::test;
using namespace std::chrono_literals;

namespace {

constexpr duration wait_max{3'000};
constexpr duration spike_span{1'000};
constexpr duration pulse_interval{50};
/// Workers have 16 slots and a task takes 10 ms: their capacity is 1,600 tasks per second.
constexpr std::size_t tasks_per_pulse = 800;
/// Eight shards with a limit of 2,048 open tasks each. Low priorities may use half of it, and the
/// last accepted message adds up to 512. The rest is usual load.
constexpr std::uint64_t open_tasks_max = 8 * (1'024 + 512) + 500;

/// Submits tasks of low priority and waits for their acknowledgements. The client repeats those
/// that are refused for now.
class spike {
public:
  explicit spike(std::unique_ptr<client> producer) : client_(std::move(producer)) {}

  void send() {
    for (auto left = spike_span; left > duration{0}; left -= pulse_interval) {
      for (std::size_t i = 0; i < tasks_per_pulse; ++i)
        submit();
      std::this_thread::sleep_for(pulse_interval);
    }
  }
  [[nodiscard]] std::size_t sent() const { return sent_; }
  [[nodiscard]] std::map<task_id, instant> accepted() {
    const std::lock_guard lock{mutex_};
    return accepted_;
  }
  /// Waits for all acknowledgements. Returns whether all tasks were accepted.
  [[nodiscard]] bool end() { return client_->flush(120s).ok() && accepted().size() == sent_; }

private:
  void submit() {
    task_spec task;
    task.kind = "note";
    task.priority = -1;
    ++sent_;
    const auto due = wall_time();
    client_->submit_async(std::move(task), [this, due](const result<submitted>& outcome) {
      const std::lock_guard lock{mutex_};
      if (outcome)
        accepted_[outcome->id] = due;
    });
  }

  std::mutex mutex_;
  std::map<task_id, instant> accepted_; // And when each was submitted.
  std::size_t sent_ = 0;
  std::unique_ptr<client> client_; // Destroyed first: it calls back.
};

struct cluster_with_low_limits : cluster_trial {
  cluster_with_low_limits() : cluster_trial("--open-tasks-max 2048") {}

  /// The tasks that are not settled, as the nodes count them.
  [[nodiscard]] std::uint64_t open_tasks() const {
    const auto queues = nodes.connect()->queues().list();
    REQUIRE(queues.ok());
    std::uint64_t open = 0;
    for (const auto& queue : *queues)
      open += queue.counts.open();
    return open;
  }
};

} // namespace

TEST_CASE_METHOD(cluster_with_low_limits,
                 "the backlog of a spike of ten times the capacity is cleared",
                 "[cluster][spike]") {
  spike excess{nodes.connect()};
  std::size_t accepted_at_once = 0;
  std::uint64_t open_after_spike = 0;

  const auto measured = measure([&] {
    excess.send();
    accepted_at_once = excess.accepted().size();
    open_after_spike = open_tasks();
    CHECK(excess.end());
  });
  const auto delay = longest_delay();

  std::cout << "of " << excess.sent() << " tasks " << accepted_at_once
            << " were accepted at once, when the nodes had " << open_after_spike
            << " open, the others later; of the usual load a submit waited for "
            << measured.unacknowledged.count() << " ms, a start for " << delay.count() << " ms"
            << std::endl;
  CHECK(accepted_at_once < excess.sent()); // The others had to wait.
  CHECK(open_after_spike <= open_tasks_max);
  CHECK(measured.unacknowledged <= wait_max);
  CHECK(measured.unstarted <= wait_max);
  CHECK(delay <= wait_max);
  verify(excess.accepted());
}
