#include "client/client_codec.hpp"

#include "wire/codec.hpp"

#include <algorithm>
#include <utility>

namespace belfry::client_codec {

namespace {

worker_info read(const wire::WorkerInfo& from) {
  worker_info to;
  to.session = {from.session()};
  to.name = from.name();
  to.kinds = {from.kinds().begin(), from.kinds().end()};
  to.queues = {from.queues().begin(), from.queues().end()};
  to.slots = from.slots();
  to.running = from.running();
  to.reserved = from.reserved();
  to.since_heartbeat = duration{from.since_heartbeat_ms()};
  to.is_connected = from.is_connected();
  return to;
}

queue_health read(const wire::QueueHealth& from) {
  return {.queue = from.queue(),
          .verdict = parse_queue_verdict(from.verdict()),
          .is_ok = from.is_ok(),
          .text = from.text(),
          .scheduled = from.scheduled(),
          .ready = from.ready(),
          .reserved = from.reserved(),
          .running = from.running(),
          .dead = from.dead(),
          .oldest_ready_age = duration{from.oldest_ready_age_ms()}};
}

durability level_of(std::uint32_t number) {
  const bool is_known = number >= static_cast<std::uint32_t>(durability::durable) &&
                        number <= static_cast<std::uint32_t>(durability::in_memory);
  return is_known ? static_cast<durability>(number) : durability::durable;
}

} // namespace

void write(const task_filter& from, wire::ListTasks& to) {
  for (const auto state : from.states)
    to.add_states(static_cast<std::uint32_t>(state));
  to.set_tells_reserved(true);
  to.set_queue(from.queue);
  to.set_kind(from.kind);
  to.set_schedule(from.schedule);
  if (from.due_from)
    to.set_due_from_ms(to_ms(*from.due_from));
  if (from.due_to)
    to.set_due_to_ms(to_ms(*from.due_to));
}

void write(const queue_change& from, wire::SetQueue& to) {
  to.set_queue(from.queue);
  if (from.is_paused)
    to.set_is_paused(*from.is_paused);
  if (from.weight)
    to.set_weight(*from.weight);
  if (from.level)
    to.set_durability(static_cast<std::uint32_t>(*from.level));
  if (from.accepts_anywhere)
    to.set_accepts_anywhere(*from.accepts_anywhere);
}

explanation read(const wire::Explanation& from) {
  return {parse_explanation_reason(from.reason()), from.text(), instant_of_ms(from.since_ms()),
          wire::read(from.task())};
}

queue_info read(const wire::QueueInfo& from) {
  queue_info to;
  to.queue = from.queue();
  to.is_paused = from.is_paused();
  to.weight = from.weight();
  to.level = level_of(from.durability());
  to.accepts_anywhere = from.accepts_anywhere();
  const auto known =
      std::min<std::size_t>(task_states.size(), static_cast<std::size_t>(from.counts_size()));
  for (std::size_t i = 0; i < known; ++i)
    to.counts[task_states.at(i)] = from.counts(static_cast<int>(i));
  auto& running = to.counts[task_state::running];
  running -= std::min(running, from.reserved());
  to.counts[task_state::reserved] = from.reserved();
  return to;
}

schedule_info read(const wire::ScheduleInfo& from) {
  schedule_info to;
  to.spec = wire::read(from.spec());
  to.last = instant_of_ms(from.last_nominal_ms());
  to.next = instant_of_ms(from.next_ms());
  to.last_task = {from.last_task()};
  to.fired = from.fired();
  to.skipped = from.skipped();
  to.is_paused = from.is_paused();
  if (from.has_parked_reason())
    to.parked_reason = from.parked_reason();
  return to;
}

backup_info read(const wire::BackupInfo& from) {
  return {instant_of_ms(from.taken_ms()), from.bytes(), from.shards()};
}

node_status read(const wire::NodeStatus& from) {
  node_status to;
  to.node = from.node();
  to.shard_count = from.shard_count();
  to.shards_serving = from.shards_serving();
  to.shards_held = from.shards_held();
  to.is_joined = from.is_joined();
  to.version = from.version();
  if (from.has_stops_within_ms())
    to.stops_within = duration{from.stops_within_ms()};
  to.uptime = duration{from.uptime_ms()};
  to.clock_offset = duration{from.clock_offset_ms()};
  for (const auto& worker : from.workers())
    to.workers.push_back(read(worker));
  if (from.has_outbox())
    to.outbox_tasks = from.outbox_tasks();
  if (!from.storage_trouble().empty())
    to.storage_trouble = from.storage_trouble();
  return to;
}

health_report read(const wire::Health& from) {
  health_report to;
  to.node = from.node();
  to.is_ok = from.is_ok();
  to.is_ready = from.is_ready();
  for (const auto& problem : from.problems())
    to.problems.push_back({problem.name(), problem.text()});
  for (const auto& queue : from.queues())
    to.queues.push_back(read(queue));
  return to;
}

cluster_info read(const wire::Cluster& from) {
  cluster_info to;
  for (const auto& peer : from.nodes())
    to.nodes.push_back({.name = peer.name(),
                        .address = {peer.host(), static_cast<std::uint16_t>(peer.port())},
                        .weight = peer.weight(),
                        .is_draining = peer.is_draining(),
                        .shards = peer.shards()});
  for (int shard = 0; shard < from.owners_size(); ++shard) {
    const auto owner = from.owners(shard);
    const bool is_known = owner > 0 && owner <= static_cast<std::uint32_t>(from.nodes_size());
    to.shards.push_back({is_known ? from.nodes(static_cast<int>(owner - 1)).name() : "",
                         shard < from.epochs_size() ? from.epochs(shard) : 0});
  }
  return to;
}

void merge(queue_info from, std::map<std::string, queue_info>& to) {
  const auto [found, is_new] = to.try_emplace(from.queue);
  auto& whole = found->second;
  if (is_new) {
    whole = std::move(from);
    return;
  }
  whole.is_paused = whole.is_paused && from.is_paused;
  whole.accepts_anywhere = whole.accepts_anywhere && from.accepts_anywhere;
  whole.counts += from.counts;
}

} // namespace belfry::client_codec
