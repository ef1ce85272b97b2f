#include "demonstration.hpp"

#include <algorithm>
#include <iostream>
#include <thread>

namespace belfry::demo {

namespace {

using steady = std::chrono::steady_clock;

constexpr duration tick{50};
constexpr std::size_t ticks_of_submitting = 200;
constexpr double worker_killed_at = 0.25; // Of the tasks settled.
constexpr double node_killed_at = 0.5;

} // namespace

demonstration::demonstration(demo_cluster& nodes, client& node,
                             const std::vector<planned_task>& plan,
                             acknowledgement_log& acknowledged)
    : nodes_(nodes), node_(node), plan_(plan), acknowledged_(acknowledged),
      bar_("running", plan.size()) {}

bool demonstration::run(double at_once, std::chrono::seconds limit) {
  const auto end = steady::now() + limit;
  submit_up_to(static_cast<std::size_t>(at_once * static_cast<double>(plan_.size())));
  const auto step = (plan_.size() - submitted_) / ticks_of_submitting + 1;
  while (!is_stopped_ && steady::now() < end) {
    submit_up_to(submitted_ + step);
    nodes_.restart_ended();
    if (look()) {
      bar_.show(settled_);
      kill_when_due(settled_);
      if (acknowledged_.answered() == plan_.size() && open_ == 0)
        return true;
    }
    std::this_thread::sleep_for(tick);
  }
  return false;
}

bool demonstration::wait_for_queue(const std::string& queue, std::chrono::seconds limit) {
  task_filter filter;
  filter.queue = queue;
  filter.count_max = 1;
  filter.states = {task_state::scheduled, task_state::ready, task_state::reserved,
                   task_state::running};
  for (const auto end = steady::now() + limit; !is_stopped_ && steady::now() < end;
       std::this_thread::sleep_for(tick)) {
    nodes_.restart_ended();
    const auto open = node_.tasks().list(filter);
    if (open && open->empty())
      return true;
  }
  return false;
}

void demonstration::submit_up_to(std::size_t count) {
  for (; submitted_ < std::min(count, plan_.size()); ++submitted_)
    node_.submit_async(plan_[submitted_].spec,
                       [this, number = submitted_](const result<submitted>& answer) {
                         acknowledged_.note(number, plan_[number], answer);
                       });
}

void demonstration::kill_when_due(std::size_t settled) {
  const auto share = static_cast<double>(settled) / static_cast<double>(plan_.size());
  if (!is_worker_killed_ && share >= worker_killed_at) {
    is_worker_killed_ = true;
    std::cerr << "\r\033[Kkilling a worker (SIGKILL) after " << settled << " tasks\n";
    nodes_.kill_worker();
  }
  if (!is_node_killed_ && share >= node_killed_at) {
    is_node_killed_ = true;
    std::cerr << "\r\033[Kkilling the node (SIGKILL) after " << settled << " tasks\n";
    nodes_.kill_node();
  }
}

bool demonstration::look() {
  const auto queues = node_.queues().list(duration{1'000});
  if (!queues)
    return false;
  settled_ = 0;
  open_ = 0;
  for (const auto& queue : *queues) {
    if (queue.queue == "cron")
      continue;
    settled_ += queue.counts.settled();
    open_ += queue.counts.open();
  }
  return true;
}

} // namespace belfry::demo
