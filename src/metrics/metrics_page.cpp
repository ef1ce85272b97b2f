#include "metrics/metrics_page.hpp"

#include "metrics/prometheus_text.hpp"

#include <algorithm>

namespace belfry {

namespace {

constexpr auto gauge = "gauge";
constexpr auto counter = "counter";
constexpr auto histogram = "histogram";

using queue_map = std::map<std::string, queue_metrics>;
using count_map = std::map<task_counters::name, event_counts>;

const std::string other_name = task_counters::other;

std::uint64_t flag(bool is_set) {
  return is_set ? 1 : 0;
}

// --- what waits ---

void write_queues(const queue_map& queues, prometheus_text& to) {
  to.begin_family("belfry_tasks", gauge, "Tasks that the node's shards keep, by state.");
  for (const auto& [name, queue] : queues)
    for (const auto state : task_states)
      to.add({{"queue", name}, {"state", to_string(state)}},
             queue.counts[static_cast<std::size_t>(state)]);
  to.begin_family("belfry_queue_paused", gauge, "Whether the queue is paused.");
  for (const auto& [name, queue] : queues)
    to.add({{"queue", name}}, flag(queue.is_paused));
}

/// Of every queue, so that an alert sees the end of a wait.
void write_ages(const queue_map& queues, const std::map<std::string, duration>& ages,
                prometheus_text& to) {
  to.begin_family("belfry_queue_oldest_ready_age_seconds", gauge,
                  "How long ago the oldest ready task of the queue was due; 0: none is ready.");
  for (const auto& [name, queue] : queues) {
    const auto age = ages.find(name);
    to.add({{"queue", name}}, age == ages.end() ? duration{0} : age->second);
  }
}

// --- what has happened ---

void write_delays(const count_map& all, prometheus_text& to) {
  to.begin_family("belfry_task_start_delay_seconds", histogram,
                  "From the instant that a task is due to the call of its handler.");
  for (const auto& [name, counts] : all)
    to.add({{"queue", name.first}, {"kind", name.second}}, counts.start_delay);
  to.begin_family("belfry_attempt_seconds", histogram, "How long handlers ran.");
  for (const auto& [name, counts] : all)
    to.add({{"queue", name.first}, {"kind", name.second}}, counts.attempt_time);
}

void write_counts(const count_map& all, prometheus_text& to) {
  to.begin_family("belfry_tasks_submitted_total", counter, "Accepted tasks.");
  for (const auto& [name, counts] : all)
    to.add({{"queue", name.first}, {"kind", name.second}}, counts.submitted);
  to.begin_family("belfry_tasks_started_total", counter, "Calls of handlers.");
  for (const auto& [name, counts] : all)
    to.add({{"queue", name.first}, {"kind", name.second}}, counts.started);
  to.begin_family("belfry_tasks_settled_total", counter, "Settled tasks, by their last state.");
  for (const auto& [name, counts] : all)
    for (const auto state : task_states)
      if (is_settled(state))
        to.add({{"queue", name.first}, {"kind", name.second}, {"state", to_string(state)}},
               counts.settled[static_cast<std::size_t>(state)]);
  to.begin_family("belfry_attempts_total", counter, "Ended attempts, by outcome.");
  for (const auto& [name, counts] : all)
    for (std::size_t i = 0; i < attempt_outcome_count; ++i)
      to.add({{"queue", name.first},
              {"kind", name.second},
              {"outcome", to_string(static_cast<attempt_outcome>(i))}},
             counts.attempts[i]);
}

void write_refusals(const node_metrics& node, prometheus_text& to) {
  to.begin_family("belfry_refused_batches_total", counter,
                  "Batches of submits that clients had to repeat, by reason.");
  for (const auto& [reason, count] : node.refused_batches)
    to.add({{"reason", to_string(reason)}}, count);
  to.begin_family("belfry_stale_outcomes_total", counter,
                  "Outcomes of attempts that were not the live ones of their tasks.");
  to.add({}, node.stale_outcomes);
}

// --- workers ---

void write_workers(const node_metrics& node, prometheus_text& to) {
  worker_metrics all;
  std::uint64_t connected = 0;
  for (const auto& worker : node.workers) {
    if (!worker.is_connected)
      continue;
    ++connected;
    all.slots += worker.slots;
    all.running += std::min(worker.running, worker.slots);
    all.reserved += worker.reserved;
  }
  to.begin_family("belfry_workers", gauge, "Workers that are attached to the node.");
  to.add({{"state", "connected"}}, connected);
  to.add({{"state", "disconnected"}}, node.workers.size() - connected);
  to.begin_family("belfry_worker_slots", gauge, "Slots of the connected workers.");
  to.add({}, std::uint64_t{all.slots});
  to.begin_family("belfry_worker_slots_busy", gauge, "Slots in which a handler runs.");
  to.add({}, std::uint64_t{all.running});
  to.begin_family("belfry_worker_reserved_tasks", gauge, "Tasks that wait in a worker for a slot.");
  to.add({}, std::uint64_t{all.reserved});
}

// --- the node ---

void write_journal(const node_metrics& node, prometheus_text& to) {
  const auto& journal = node.journal;
  to.begin_family("belfry_journal_responding", gauge,
                  "Whether the journal keeper answered within two seconds.");
  to.add({}, flag(journal.has_value()));
  to.begin_family("belfry_journal_pending_seconds", gauge,
                  "How long the oldest batch that is not durable has waited for the storage.");
  to.add({}, node.write_pending);
  to.begin_family("belfry_storage_trouble", gauge, "Whether the storage does not take everything.");
  to.add({}, flag(!node.storage_trouble.empty()));
  if (!journal)
    return;
  to.begin_family("belfry_journal_write_seconds", histogram, "Writes of a group of batches.");
  to.add({}, journal->write_time);
  to.begin_family("belfry_journal_sync_seconds", histogram, "Syncs of a group of batches.");
  to.add({}, journal->sync_time);
  to.begin_family("belfry_journal_batches_total", counter, "Batches of events that were written.");
  to.add({}, journal->batches);
  to.begin_family("belfry_journal_bytes_total", counter, "Bytes of these batches.");
  to.add({}, journal->bytes);
}

void write_node(const node_metrics& node, prometheus_text& to) {
  to.begin_family("belfry_node_info", gauge, "The node, always 1.");
  to.add({{"node", node.node}}, std::uint64_t{1});
  to.begin_family("belfry_shards", gauge, "Shards of this node; silent ones did not answer.");
  to.add({{"state", "held"}}, std::uint64_t{node.shards_held});
  to.add({{"state", "serving"}}, std::uint64_t{node.shards_serving});
  to.add({{"state", "silent"}}, std::uint64_t{node.silent_shards.size()});
  to.begin_family("belfry_clock_offset_seconds", gauge,
                  "How far the machine's clock is from the node's.");
  to.add({}, node.clock_offset);
  if (!node.outbox_tasks)
    return;
  to.begin_family("belfry_outbox_tasks", gauge, "Tasks that wait in the node's outbox.");
  to.add({}, *node.outbox_tasks);
}

void write_process(const process_usage& process, prometheus_text& to) {
  to.begin_family("process_cpu_seconds_total", counter, "Processor time of the process.");
  to.add({}, process.processor_time);
  to.begin_family("process_resident_memory_bytes", gauge, "Resident memory of the process.");
  to.add({}, process.resident_bytes);
  to.begin_family("process_open_fds", gauge, "Open descriptors of the process.");
  to.add({}, process.open_descriptors);
  to.begin_family("process_max_fds", gauge, "The limit of open descriptors.");
  to.add({}, process.descriptors_max);
  to.begin_family("process_threads", gauge, "Threads of the process.");
  to.add({}, process.threads);
  to.begin_family("process_start_time_seconds", gauge, "When the process started.");
  to.add({}, duration{to_ms(process.started)});
}

} // namespace

std::string metrics_page::render(const node_metrics& node, const process_usage& process) {
  prometheus_text text;
  const auto queues = shown_queues(node);
  const auto counts = shown_counts(node);
  write_ages(queues, oldest_ages(node), text);
  write_queues(queues, text);
  write_delays(counts, text);
  write_counts(counts, text);
  write_refusals(node, text);
  write_workers(node, text);
  text.begin_family("belfry_ready_without_worker", gauge,
                    "Ready tasks of the kind that no attached worker runs from their queue.");
  for (const auto& [kind, ready] : without_worker(node))
    text.add({{"kind", kind}}, ready);
  write_journal(node, text);
  write_node(node, text);
  write_process(process, text);
  return text.take();
}

const std::string& metrics_page::shown_queue(const std::string& queue) {
  return queues_.admit(queue) ? queue : other_name;
}

/// `other` is paused if one of its queues is.
std::map<std::string, queue_metrics> metrics_page::shown_queues(const node_metrics& node) {
  std::map<std::string, queue_metrics> shown;
  for (const auto& [name, queue] : node.queues) {
    auto& to = shown[shown_queue(name)];
    to.is_paused |= queue.is_paused;
    for (std::size_t i = 0; i < queue.counts.size(); ++i)
      to.counts[i] += queue.counts[i];
  }
  return shown;
}

std::map<task_counters::name, event_counts> metrics_page::shown_counts(const node_metrics& node) {
  std::map<task_counters::name, event_counts> shown;
  for (const auto& [name, counts] : node.counts)
    shown[pairs_.admit(name) ? name : task_counters::name{other_name, other_name}] += counts;
  return shown;
}

std::map<std::string, duration> metrics_page::oldest_ages(const node_metrics& node) {
  std::map<std::string, duration> ages;
  for (const auto& lane : node.lanes) {
    auto& age = ages[shown_queue(lane.queue)];
    age = std::max(age, lane.oldest_age);
  }
  return ages;
}

/// A kind that has been without a worker is shown as long as it has ready tasks. Paused queues do
/// not count: their tasks wait for people.
std::map<std::string, std::uint64_t> metrics_page::without_worker(const node_metrics& node) {
  std::map<std::string, std::uint64_t> ready;
  for (const auto& lane : node.lanes) {
    const auto queue = node.queues.find(lane.queue);
    if (queue != node.queues.end() && queue->second.is_paused)
      continue;
    auto& count = ready[kinds_.admit(lane.kind) ? lane.kind : other_name];
    if (lane.reason && *lane.reason <= waiting_reason::no_worker_for_queue)
      count += lane.ready;
  }
  return ready;
}

} // namespace belfry
