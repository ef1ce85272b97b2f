#pragma once

#include "belfry/client.hpp"
#include "random/prng.hpp"

#include <chrono>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace belfry::test {

using wait_clock = std::chrono::steady_clock;

inline instant wall_time() {
  return std::chrono::time_point_cast<duration>(std::chrono::system_clock::now());
}

/// Submits durable tasks to every shard of a cluster, twenty a second to each that answers, and
/// keeps its own log of what was acknowledged and how long that took.
class steady_load {
public:
  /// Begins at once.
  steady_load(std::unique_ptr<client> through, std::uint64_t seed);
  ~steady_load();
  steady_load(const steady_load&) = delete;
  steady_load& operator=(const steady_load&) = delete;

  /// Submits no more, and waits until all is acknowledged. Returns whether it was.
  [[nodiscard]] bool stop(duration timeout);

  /// Waits until every shard has acknowledged something that it was asked after now. Returns
  /// whether they all did.
  [[nodiscard]] bool await_acknowledgements(duration timeout);

  /// For each shard, the longest time that a task has waited for its acknowledgement, of those that
  /// were not acknowledged before `from`.
  [[nodiscard]] std::vector<duration> waits_since(wait_clock::time_point from);

  /// All that was acknowledged, and when it is due.
  [[nodiscard]] std::map<task_id, instant> acknowledged();

  /// What was refused, and why.
  [[nodiscard]] std::vector<std::string> refused();

  [[nodiscard]] client& through() { return *through_; }

private:
  struct wait {
    wait_clock::time_point sent;
    wait_clock::time_point answered;
  };
  struct lane {
    std::optional<wait_clock::time_point> sent; // Of the task that is not answered yet.
    wait_clock::time_point latest;              // When the latest answered one was sent.
    std::vector<wait> waits;
  };

  void run();
  void submit(std::size_t shard);
  [[nodiscard]] task_spec next_task(std::size_t shard);
  void answered(std::size_t shard, instant due, const result<submitted>& outcome);

  std::unique_ptr<client> through_;
  const std::string prefix_; // Of all keys.
  prng random_;
  std::uint64_t count_ = 0;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<lane> lanes_;
  std::map<task_id, instant> due_;
  std::vector<std::string> refused_;
  bool is_stopped_ = false;
  std::thread runner_;
};

} // namespace belfry::test
