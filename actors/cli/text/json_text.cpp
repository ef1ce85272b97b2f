#include "cli/text/json_text.hpp"

#include "cli/text/text_format.hpp"

#include "text/printable.hpp"
#include "text/utf8.hpp"
#include "time/time_text.hpp"
#include "wire/base64.hpp"
#include "wire/policy_words.hpp"

namespace belfry::shell {

namespace {

void put_text(json& to, const std::string& name, const std::string& text) {
  if (text.empty())
    return;
  if (is_utf8(text))
    to[name] = text;
  else
    to[name + "_base64"] = wire::encode_base64(text);
}

void put_duration(json& to, const std::string& name, duration span) {
  if (span.count() != 0)
    to[name] = span.count();
}

std::string level_name(durability level) {
  return std::string{to_string(level)};
}

json to_json(const worker_info& worker) {
  json to;
  to["session"] = std::to_string(worker.session.value);
  to["name"] = worker.name;
  to["kinds"] = worker.kinds;
  if (!worker.queues.empty())
    to["queues"] = worker.queues;
  to["slots"] = worker.slots;
  to["running"] = worker.running;
  to["reserved"] = worker.reserved;
  to["since_heartbeat_ms"] = worker.since_heartbeat.count();
  to["is_connected"] = worker.is_connected;
  return to;
}

json to_json(const error_rule& rule) {
  json to;
  put_text(to, "error", rule.error);
  to["is_retryable"] = rule.is_retryable;
  if (rule.delay >= duration{0})
    to["delay_ms"] = rule.delay.count();
  return to;
}

json to_json(const retry_policy& retry) {
  json to;
  to["backoff"] = retry.growth == retry_policy::backoff::fixed ? "fixed" : "exponential";
  to["delay_min_ms"] = retry.delay_min.count();
  to["delay_max_ms"] = retry.delay_max.count();
  to["jitter_percent"] = retry.jitter_percent;
  to["crashes_max"] = retry.crashes_max;
  for (const auto& rule : retry.rules)
    to["rules"].push_back(to_json(rule));
  return to;
}

} // namespace

json to_json(const task_info& task) {
  json to;
  to["id"] = to_string(task.id);
  to["kind"] = task.kind;
  to["queue"] = task.queue;
  to["priority"] = task.priority;
  to["state"] = std::string{to_string(task.state)};
  to["accepted_at"] = format_utc(task.accepted_at);
  to["due"] = format_utc(task.due);
  if (task.started_at)
    to["started_at"] = format_utc(*task.started_at);
  if (task.settled_at)
    to["settled_at"] = format_utc(*task.settled_at);
  if (task.start_by)
    to["start_by"] = format_utc(*task.start_by);
  if (task.complete_by)
    to["complete_by"] = format_utc(*task.complete_by);
  if (task.ran)
    to["ran_ms"] = task.ran->count();
  to["attempt"] = task.attempt;
  to["attempts_max"] = task.attempts_max;
  to["crashes"] = task.crashes;
  if (task.token.value != 0)
    to["token"] = std::to_string(task.token.value);
  if (task.session.value != 0)
    to["session"] = std::to_string(task.session.value);
  put_text(to, "worker", task.worker);
  put_duration(to, "timeout_ms", task.timeout);
  if (task.retry)
    to["retry"] = to_json(*task.retry);
  put_text(to, "key", task.key);
  put_text(to, "schedule", task.schedule);
  put_text(to, "last_error", task.last_error);
  for (const auto& error : task.earlier_errors) {
    auto& earlier = to["earlier_errors"].emplace_back(json::object());
    put_text(earlier, "error", error);
  }
  put_text(to, "progress", task.progress);
  put_text(to, "output", task.output);
  put_text(to, "payload", task.payload);
  return to;
}

json to_json(const explanation& explained) {
  json to;
  to["reason"] = std::string{to_string(explained.reason)};
  to["text"] = explained.text;
  to["since"] = format_utc(explained.since);
  to["task"] = to_json(explained.task);
  return to;
}

json to_json(const submitted& accepted) {
  if (accepted.is_deferred)
    return {{"is_deferred", true}, {"key", accepted.key}};
  return {{"id", to_string(accepted.id)}, {"is_duplicate", accepted.is_duplicate}};
}

json to_json(const queue_info& queue) {
  json to;
  to["queue"] = queue.queue;
  to["is_paused"] = queue.is_paused;
  to["weight"] = queue.weight;
  to["durability"] = level_name(queue.level);
  to["accept"] = queue.accepts_anywhere ? "anywhere" : "owner";
  for (const auto state : task_states)
    to["tasks"][std::string{to_string(state)}] = queue.counts[state];
  return to;
}

json to_json(const schedule_info& schedule) {
  const auto& spec = schedule.spec;
  json to;
  to["name"] = spec.name;
  to["state"] = format_state(schedule);
  if (schedule.parked_reason)
    put_text(to, "parked_reason", *schedule.parked_reason);
  to["cron"] = spec.when.line;
  to["zone"] = spec.when.zone;
  to["gap"] = wire::word_of(spec.when.gap, wire::gap_words);
  to["repeated_hour"] = wire::word_of(spec.when.repeated_hour, wire::repeated_hour_words);
  to["misfire"] = wire::word_of(spec.misfire, wire::misfire_words);
  to["overlap"] = wire::word_of(spec.overlap, wire::overlap_words);
  put_duration(to, "jitter_ms", spec.jitter);
  to["kind"] = spec.task.kind;
  to["queue"] = spec.task.queue;
  if (schedule.fired + schedule.skipped > 0)
    to["last"] = format_utc(schedule.last);
  if (schedule.next < instant_max)
    to["next"] = format_utc(schedule.next);
  if (schedule.last_task.value != 0)
    to["last_task"] = to_string(schedule.last_task);
  to["fired"] = schedule.fired;
  to["skipped"] = schedule.skipped;
  put_text(to, "payload", spec.task.payload);
  return to;
}

json to_json(const node_status& status) {
  json to;
  to["node"] = status.node;
  put_text(to, "version", status.version);
  to["shard_count"] = status.shard_count;
  to["shards_held"] = status.shards_held;
  to["shards_serving"] = status.shards_serving;
  if (!status.is_joined)
    to["is_joined"] = false;
  if (status.stops_within)
    to["stops_within_ms"] = status.stops_within->count();
  to["uptime_ms"] = status.uptime.count();
  to["workers"] = json::array();
  for (const auto& worker : status.workers)
    to["workers"].push_back(to_json(worker));
  if (status.outbox_tasks)
    to["outbox_tasks"] = *status.outbox_tasks;
  if (status.storage_trouble)
    to["storage_trouble"] = *status.storage_trouble;
  if (status.clock_offset != duration{0})
    to["clock_offset_ms"] = status.clock_offset.count();
  return to;
}

json to_json(const node_info& node) {
  json to;
  to["node"] = node.name;
  if (!node.address.host.empty()) {
    to["host"] = node.address.host;
    to["port"] = node.address.port;
  }
  to["shards"] = node.shards;
  to["weight"] = node.weight;
  to["draining"] = node.is_draining;
  return to;
}

json to_json(const failure& error) {
  json to;
  to["error"]["code"] = std::string{to_string(error.code)};
  to["error"]["what"] = error.what;
  return to;
}

std::string one_line(const json& document) {
  // The library leaves control characters beyond ASCII in strings, which a terminal obeys.
  return printable(document.dump(-1, ' ', false, json::error_handler_t::replace));
}

} // namespace belfry::shell
