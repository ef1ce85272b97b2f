#pragma once

#include "acknowledgement_log.hpp"
#include "demo_cluster.hpp"
#include "plan.hpp"

#include "belfry/client.hpp"
#include "cli/text/progress.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace belfry::demo {

/// The demonstration's course: submits the plan, kills a worker and the node in the middle, has
/// them replaced, and waits until every task is settled.
class demonstration {
public:
  demonstration(demo_cluster& nodes, client& node, const std::vector<planned_task>& plan,
                acknowledgement_log& acknowledged);

  /// Runs until all is settled. Returns whether that happened within `limit`.
  ///
  /// `at_once` of the plan are submitted at the start, the rest little by little.
  bool run(double at_once, std::chrono::seconds limit);
  /// Waits until the tasks of `queue` are settled. Returns whether they are.
  bool wait_for_queue(const std::string& queue, std::chrono::seconds limit);
  /// Makes both return soon. May be called from any thread.
  void stop() { is_stopped_ = true; }

private:
  void submit_up_to(std::size_t count);
  void kill_when_due(std::size_t settled);
  /// Counts the tasks outside the schedule's queue; false while the node does not answer.
  bool look();

  demo_cluster& nodes_;
  client& node_;
  const std::vector<planned_task>& plan_;
  acknowledgement_log& acknowledged_;
  shell::progress bar_;
  std::size_t submitted_ = 0;
  std::size_t settled_ = 0;
  std::size_t open_ = 0;
  bool is_worker_killed_ = false;
  bool is_node_killed_ = false;
  std::atomic<bool> is_stopped_{false};
};

} // namespace belfry::demo
