// A cluster that gets ten times more than its workers can do, for a while.
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
constexpr duration pulse{50};
/// Workers have 16 slots, and a task takes 10 ms: they can do 1,600 a second.
constexpr std::size_t pulse_tasks = 800;
/// Eight shards, each with room for 2,048: half of it is for low ones, and the last message that
/// gets in brings up to 512. Some of the usual load are beside them.
constexpr std::uint64_t held_max = 8 * (1'024 + 512) + 500;

/// Sends low priorities, and waits for their acknowledgements: those that are refused for now come
/// again.
class spike {
public:
  explicit spike(std::unique_ptr<client> through) : through_(std::move(through)) {}

  void send() {
    for (auto left = spike_span; left > duration{0}; left -= pulse) {
      for (std::size_t i = 0; i < pulse_tasks; ++i)
        submit();
      std::this_thread::sleep_for(pulse);
    }
  }
  [[nodiscard]] std::size_t sent() const { return sent_; }
  [[nodiscard]] std::map<task_id, instant> accepted() {
    const std::lock_guard lock{mutex_};
    return accepted_;
  }
  /// Returns whether all that was sent is accepted.
  [[nodiscard]] bool end() { return through_->flush(120s).ok() && accepted().size() == sent_; }

private:
  void submit() {
    task_spec task;
    task.kind = "note";
    task.priority = -1;
    ++sent_;
    const auto due = wall_time();
    through_->submit_async(std::move(task), [this, due](const result<submitted>& outcome) {
      const std::lock_guard lock{mutex_};
      if (outcome)
        accepted_[outcome->id] = due;
    });
  }

  std::mutex mutex_;
  std::map<task_id, instant> accepted_; // And when it was sent.
  std::size_t sent_ = 0;
  std::unique_ptr<client> through_; // Ends first: it calls.
};

struct cluster_with_little_room : cluster_trial {
  cluster_with_little_room() : cluster_trial("--open-tasks-max 2048") {}

  /// Tasks that are not settled, as the nodes count them.
  [[nodiscard]] std::uint64_t held() const {
    const auto queues = nodes.connect()->queues().list();
    REQUIRE(queues.ok());
    std::uint64_t open = 0;
    for (const auto& queue : *queues)
      open += queue.counts.open();
    return open;
  }
};

} // namespace

TEST_CASE_METHOD(cluster_with_little_room, "a spike of ten times too much is worked off",
                 "[cluster][spike]") {
  spike flood{nodes.connect()};
  std::size_t accepted_at_once = 0;
  std::uint64_t held_then = 0;

  const auto paid = measure([&] {
    flood.send();
    accepted_at_once = flood.accepted().size();
    held_then = held();
    CHECK(flood.end());
  });
  const auto delay = longest_delay();

  std::cout << "of " << flood.sent() << " tasks " << accepted_at_once
            << " were accepted at once, when the nodes held " << held_then
            << ", the others when there was room; of the usual load a submit waited for "
            << paid.unacknowledged.count() << " ms, a start for " << delay.count() << " ms"
            << std::endl;
  CHECK(accepted_at_once < flood.sent()); // The others had to wait.
  CHECK(held_then <= held_max);
  CHECK(paid.unacknowledged <= wait_max);
  CHECK(paid.unstarted <= wait_max);
  CHECK(delay <= wait_max);
  verify(flood.accepted());
}
