#include "metrics/health.hpp"

#include "time/time_text.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace belfry {

namespace {

/// The lane of each queue whose oldest task has waited longest.
using oldest_lanes = std::map<std::string, const lane_metrics*>;

oldest_lanes oldest_lanes_of(const node_metrics& node) {
  oldest_lanes oldest;
  for (const auto& lane : node.lanes)
    if (auto*& known = oldest[lane.queue]; !known || lane.oldest_age > known->oldest_age)
      known = &lane;
  return oldest;
}

std::string plural(std::uint64_t count, const std::string& noun) {
  return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

std::string list_of(const std::vector<shard_id>& shards) {
  std::string list;
  for (const auto shard : shards)
    list += (list.empty() ? "" : ", ") + std::to_string(shard.value);
  return list;
}

// --- the node ---

/// How long the storage takes for a write, if that is too long.
std::optional<duration> slow_write(const node_metrics& node) {
  const auto recent = node.journal ? node.journal->slowest_recent : duration{0};
  const auto slowest = std::max(node.write_pending, recent);
  return slowest >= slow_write_min ? std::optional{slowest} : std::nullopt;
}

/// Nothing if the storage is fast and takes everything.
std::optional<node_problem> storage_problem(const node_metrics& node) {
  if (!node.storage_trouble.empty())
    return node_problem{"storage", "the storage does not take everything: " + node.storage_trouble};
  if (const auto slowest = slow_write(node))
    return node_problem{"storage_slow", "a write to the storage takes " +
                                            format_duration(*slowest) +
                                            ": nothing starts or settles before it is durable"};
  if (!node.is_journal_open)
    return node_problem{"storage_silent", "the storage has failed, and is being opened again"};
  if (!node.journal)
    return node_problem{"storage_silent", "the storage has not completed a call within " +
                                              format_duration(metrics_patience)};
  return std::nullopt;
}

bool is_serving_all(const node_metrics& node) {
  return node.is_complete && node.is_joined && node.shards_serving >= node.shards_held;
}

std::vector<node_problem> problems_of(const node_metrics& node) {
  std::vector<node_problem> problems;
  if (node.stops_within)
    problems.push_back({"stopping", "the node is stopping: what it runs has " +
                                        format_duration(*node.stops_within) + " left"});
  if (!node.is_complete)
    problems.push_back({"not_responding", "the dispatcher or the router has not answered within " +
                                              format_duration(metrics_patience)});
  else if (!node.is_joined)
    problems.push_back({"not_joined", "the node has not joined its cluster yet"});
  else if (node.shards_serving < node.shards_held)
    problems.push_back({"shards_not_serving",
                        std::to_string(node.shards_serving) + " of " +
                            plural(node.shards_held, "shard") +
                            " of this node serve: the others recover, or wait for the storage"});
  if (!node.silent_shards.empty())
    problems.push_back({"shards_silent", "shards " + list_of(node.silent_shards) +
                                             " have not answered within " +
                                             format_duration(metrics_patience)});
  if (auto storage = storage_problem(node))
    problems.push_back(std::move(*storage));
  return problems;
}

// --- a queue ---

queue_verdict verdict_of(waiting_reason reason) {
  switch (reason) {
  case waiting_reason::no_worker:
    return queue_verdict::no_worker;
  case waiting_reason::no_worker_for_kind:
    return queue_verdict::no_worker_for_kind;
  case waiting_reason::no_worker_for_queue:
    return queue_verdict::no_worker_for_queue;
  case waiting_reason::all_slots_busy:
    return queue_verdict::all_slots_busy;
  case waiting_reason::being_assigned:
    return queue_verdict::not_starting;
  }
  return queue_verdict::not_starting;
}

/// `3 ready tasks, the oldest for 5min`.
std::string wait_text(const queue_health& queue) {
  return plural(queue.ready, "ready task") + ", the oldest for " +
         format_duration(queue.oldest_ready_age);
}

std::string departure_text(const node_metrics& node) {
  if (!node.latest_departed)
    return "none has been since the node started";
  return "the last, '" + node.latest_departed->name + "', disconnected " +
         format_duration(node.latest_departed->ago) + " ago";
}

std::string text_of(const lane_metrics& lane, const node_metrics& node) {
  switch (*lane.reason) {
  case waiting_reason::no_worker:
    return "no worker is attached to the node: " + departure_text(node);
  case waiting_reason::no_worker_for_kind:
    return "no attached worker runs '" + lane.kind + "'";
  case waiting_reason::no_worker_for_queue:
    return "no worker that runs '" + lane.kind + "' takes tasks of this queue";
  case waiting_reason::all_slots_busy:
    return "all slots of the workers for '" + lane.kind + "' are busy";
  case waiting_reason::being_assigned:
    return "a worker for '" + lane.kind + "' has a free slot, and gets no task";
  }
  return "the reason is not known";
}

/// Requires: its oldest task has waited too long.
void explain_wait(const lane_metrics& lane, const node_metrics& node, queue_health& to) {
  to.is_ok = false;
  const auto wait = wait_text(to);
  if (const auto storage = storage_problem(node)) {
    to.verdict = queue_verdict::storage;
    to.text = wait + ": " + storage->text;
  } else if (lane.reason) {
    to.verdict = verdict_of(*lane.reason);
    to.text = wait + ": " + text_of(lane, node);
  } else {
    to.verdict = queue_verdict::not_starting;
    to.text = wait + ": the dispatcher has not said why";
  }
}

queue_health assess_queue(const std::string& name, const queue_metrics& queue,
                          const lane_metrics* oldest, const node_metrics& node) {
  const auto count = [&](task_state state) {
    return queue.counts[static_cast<std::size_t>(state)];
  };
  queue_health health{.queue = name,
                      .scheduled = count(task_state::scheduled),
                      .ready = count(task_state::ready),
                      .reserved = count(task_state::reserved),
                      .running = count(task_state::running),
                      .dead = count(task_state::dead)};
  if (oldest)
    health.oldest_ready_age = oldest->oldest_age;
  if (queue.is_paused) {
    health.verdict = queue_verdict::paused;
    health.text = "the queue is paused" + (oldest ? ": " + wait_text(health) : std::string{});
  } else if (!oldest) {
    health.verdict = queue_verdict::idle;
    health.text = "no task is ready";
  } else if (oldest->oldest_age <= start_delay_objective) {
    health.verdict = queue_verdict::keeps_up;
    health.text = wait_text(health);
  } else {
    explain_wait(*oldest, node, health);
  }
  return health;
}

} // namespace

health_report assess(const node_metrics& node) {
  health_report report{.node = node.node, .problems = problems_of(node)};
  const auto oldest = oldest_lanes_of(node);
  for (const auto& [name, queue] : node.queues) {
    const auto lane = oldest.find(name);
    report.queues.push_back(
        assess_queue(name, queue, lane == oldest.end() ? nullptr : lane->second, node));
  }
  std::stable_partition(report.queues.begin(), report.queues.end(),
                        [](const queue_health& queue) { return !queue.is_ok; });
  report.is_ok = report.problems.empty() && (report.queues.empty() || report.queues.front().is_ok);
  report.is_ready = is_serving_all(node) && node.storage_trouble.empty() && !node.stops_within;
  return report;
}

} // namespace belfry
