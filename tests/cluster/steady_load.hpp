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

/// Submits tasks to every shard of a cluster, twenty per second to each that answers, and logs the
/// acknowledgements and how long they took.
class steady_load {
public:
  /// Starts at once.
  steady_load(std::unique_ptr<client> load_client, std::uint64_t seed);
  ~steady_load();
  steady_load(const steady_load&) = delete;
  steady_load& operator=(const steady_load&) = delete;

  /// Stops submitting and waits until all tasks are acknowledged. Returns whether they are.
  [[nodiscard]] bool stop(duration timeout);

  /// Waits until every shard has acknowledged a task that was submitted after this call. Returns
  /// whether all have.
  [[nodiscard]] bool await_acknowledgements(duration timeout);

  /// For each shard, the longest wait for an acknowledgement among the tasks that were not
  /// acknowledged before `since`.
  [[nodiscard]] std::vector<duration> waits_since(wait_clock::time_point since);

  /// The acknowledged tasks and their due times.
  [[nodiscard]] std::map<task_id, instant> acknowledged();

  /// The errors of refused tasks.
  [[nodiscard]] std::vector<std::string> refused();

  [[nodiscard]] client& load_client() { return *client_; }

private:
  struct wait {
    wait_clock::time_point sent;
    wait_clock::time_point answered;
  };
  struct lane {
    std::optional<wait_clock::time_point> sent; // Of the task without an answer.
    wait_clock::time_point latest;              // When the latest answered task was sent.
    std::vector<wait> waits;
  };

  void run();
  void submit(std::size_t shard);
  [[nodiscard]] task_spec next_task(std::size_t shard);
  void on_answer(std::size_t shard, instant due, const result<submitted>& outcome);

  std::unique_ptr<client> client_;
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
