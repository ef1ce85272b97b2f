#include "wire/codec.hpp"

#include "wire/changes.pb.h"
#include "wire/enum_of.hpp"
#include "wire/messages.pb.h"
#include "wire/task.pb.h"
#include "wire/task_states.hpp"

#include <algorithm>

namespace belfry::wire {

namespace {

task_spec read_without_payload(const TaskSpec& from) {
  task_spec to;
  to.kind = from.kind();
  if (!from.queue().empty())
    to.queue = from.queue();
  to.priority = from.priority();
  if (from.has_due_ms())
    to.due = instant_of_ms(from.due_ms());
  to.delay = duration{from.delay_ms()};
  if (from.has_start_by_ms())
    to.start_by = instant_of_ms(from.start_by_ms());
  if (from.has_complete_by_ms())
    to.complete_by = instant_of_ms(from.complete_by_ms());
  to.timeout = duration{from.timeout_ms()};
  if (from.has_retry())
    to.retry = read(from.retry());
  to.key = from.key();
  if (from.has_key_ttl_ms())
    to.key_ttl = duration{from.key_ttl_ms()};
  if (from.has_retention_ms())
    to.retention = duration{from.retention_ms()};
  return to;
}

/// A number of a later version stays what it is: no other policy may stand in for it.
template <class Policy>
Policy policy_of(std::uint32_t number) {
  return static_cast<Policy>(std::min(number, 255U));
}

} // namespace

void write(const retry_policy& from, RetryPolicy& to) {
  to.set_is_fixed(from.growth == retry_policy::backoff::fixed);
  to.set_attempts_max(from.attempts_max);
  to.set_crashes_max(from.crashes_max);
  to.set_delay_min_ms(from.delay_min.count());
  to.set_delay_max_ms(from.delay_max.count());
  to.set_jitter_percent(from.jitter_percent);
  for (const auto& rule : from.rules) {
    auto* written = to.add_rules();
    written->set_error(rule.error);
    written->set_is_final(!rule.is_retryable);
    if (rule.delay.count() >= 0)
      written->set_delay_ms(rule.delay.count());
  }
}

retry_policy read(const RetryPolicy& from) {
  retry_policy to;
  to.growth = from.is_fixed() ? retry_policy::backoff::fixed : retry_policy::backoff::exponential;
  to.attempts_max = from.attempts_max();
  to.crashes_max = from.crashes_max();
  to.delay_min = duration{from.delay_min_ms()};
  to.delay_max = duration{from.delay_max_ms()};
  to.jitter_percent = from.jitter_percent();
  for (const auto& rule : from.rules())
    to.rules.push_back(
        {rule.error(), !rule.is_final(), duration{rule.has_delay_ms() ? rule.delay_ms() : -1}});
  return to;
}

void write(const task_spec& from, TaskSpec& to) {
  static const task_spec defaults;
  to.set_kind(from.kind);
  to.set_payload(from.payload);
  if (from.queue != defaults.queue)
    to.set_queue(from.queue);
  to.set_priority(from.priority);
  if (from.due)
    to.set_due_ms(to_ms(*from.due));
  to.set_delay_ms(from.delay.count());
  if (from.start_by)
    to.set_start_by_ms(to_ms(*from.start_by));
  if (from.complete_by)
    to.set_complete_by_ms(to_ms(*from.complete_by));
  to.set_timeout_ms(from.timeout.count());
  if (from.retry != defaults.retry)
    write(from.retry, *to.mutable_retry());
  to.set_key(from.key);
  if (from.key_ttl != defaults.key_ttl)
    to.set_key_ttl_ms(from.key_ttl.count());
  if (from.retention != defaults.retention)
    to.set_retention_ms(from.retention.count());
}

task_spec read(const TaskSpec& from) {
  auto to = read_without_payload(from);
  to.payload = from.payload();
  return to;
}

task_spec read_moving(TaskSpec& from) {
  auto to = read_without_payload(from);
  to.payload = std::move(*from.mutable_payload());
  return to;
}

void write(const schedule_spec& from, ScheduleSpec& to) {
  to.set_name(from.name);
  auto& when = *to.mutable_when();
  when.set_line(from.when.line);
  when.set_zone(from.when.zone);
  when.set_gap(static_cast<std::uint32_t>(from.when.gap));
  when.set_repeated_hour(static_cast<std::uint32_t>(from.when.repeated_hour));
  to.set_misfire(static_cast<std::uint32_t>(from.misfire));
  to.set_overlap(static_cast<std::uint32_t>(from.overlap));
  to.set_catch_up_max(from.catch_up_max);
  to.set_jitter_ms(from.jitter.count());
  write(from.task, *to.mutable_task());
}

schedule_spec read(const ScheduleSpec& from) {
  schedule_spec to;
  to.name = from.name();
  to.when.line = from.when().line();
  if (!from.when().zone().empty())
    to.when.zone = from.when().zone();
  to.when.gap = policy_of<gap_policy>(from.when().gap());
  to.when.repeated_hour = policy_of<repeated_hour_policy>(from.when().repeated_hour());
  to.misfire = policy_of<misfire_policy>(from.misfire());
  to.overlap = policy_of<overlap_policy>(from.overlap());
  to.catch_up_max = from.catch_up_max();
  to.jitter = duration{from.jitter_ms()};
  to.task = read(from.task());
  return to;
}

void write(const task_change& from, TaskChange& to) {
  if (from.due)
    to.set_due_ms(to_ms(*from.due));
  if (from.delay)
    to.set_delay_ms(from.delay->count());
  if (from.priority)
    to.set_priority(*from.priority);
  if (from.payload)
    to.set_payload(*from.payload);
  if (from.queue)
    to.set_queue(*from.queue);
}

task_change read(const TaskChange& from) {
  task_change to;
  if (from.has_due_ms())
    to.due = instant_of_ms(from.due_ms());
  if (from.has_delay_ms())
    to.delay = duration{from.delay_ms()};
  if (from.has_priority())
    to.priority = from.priority();
  if (from.has_payload())
    to.payload = from.payload();
  if (from.has_queue())
    to.queue = from.queue();
  return to;
}

void write(const schedule_change& from, ScheduleChange& to) {
  if (from.line)
    to.set_line(*from.line);
  if (from.zone)
    to.set_zone(*from.zone);
  if (from.queue)
    to.set_queue(*from.queue);
  if (from.priority)
    to.set_priority(*from.priority);
}

schedule_change read(const ScheduleChange& from) {
  schedule_change to;
  if (from.has_line())
    to.line = from.line();
  if (from.has_zone())
    to.zone = from.zone();
  if (from.has_queue())
    to.queue = from.queue();
  if (from.has_priority())
    to.priority = from.priority();
  return to;
}

void write(const task_info& from, TaskInfo& to) {
  to.set_id(from.id.value);
  to.set_kind(from.kind);
  to.set_queue(from.queue);
  to.set_priority(from.priority);
  write_state(from.state, to);
  to.set_accepted_ms(to_ms(from.accepted_at));
  to.set_due_ms(to_ms(from.due));
  if (from.started_at)
    to.set_started_ms(to_ms(*from.started_at));
  if (from.settled_at)
    to.set_settled_ms(to_ms(*from.settled_at));
  if (from.start_by)
    to.set_start_by_ms(to_ms(*from.start_by));
  if (from.complete_by)
    to.set_complete_by_ms(to_ms(*from.complete_by));
  if (from.ran)
    to.set_ran_ms(from.ran->count());
  to.set_attempt(from.attempt);
  to.set_attempts_max(from.attempts_max);
  to.set_crashes(from.crashes);
  to.set_token(from.token.value);
  to.set_session(from.session.value);
  to.set_key(from.key);
  to.set_schedule(from.schedule);
  to.set_last_error(from.last_error);
  for (const auto& error : from.earlier_errors)
    to.add_earlier_errors(error);
  to.set_output(from.output);
  to.set_progress(from.progress);
  to.set_payload(from.payload);
  to.set_timeout_ms(from.timeout.count());
  if (from.retry)
    write(*from.retry, *to.mutable_retry());
  to.set_worker(from.worker);
}

task_info read(const TaskInfo& from) {
  task_info to;
  to.id = {from.id()};
  to.kind = from.kind();
  to.queue = from.queue();
  to.priority = from.priority();
  to.state = read_state(from).value_or(task_state::scheduled);
  to.accepted_at = instant_of_ms(from.accepted_ms());
  to.due = instant_of_ms(from.due_ms());
  if (from.has_started_ms())
    to.started_at = instant_of_ms(from.started_ms());
  if (from.has_settled_ms())
    to.settled_at = instant_of_ms(from.settled_ms());
  if (from.has_start_by_ms())
    to.start_by = instant_of_ms(from.start_by_ms());
  if (from.has_complete_by_ms())
    to.complete_by = instant_of_ms(from.complete_by_ms());
  if (from.has_ran_ms())
    to.ran = duration{from.ran_ms()};
  to.attempt = from.attempt();
  to.attempts_max = from.attempts_max();
  to.crashes = from.crashes();
  to.token = {from.token()};
  to.session = {from.session()};
  to.key = from.key();
  to.schedule = from.schedule();
  to.last_error = from.last_error();
  to.earlier_errors = {from.earlier_errors().begin(), from.earlier_errors().end()};
  to.output = from.output();
  to.progress = from.progress();
  to.payload = from.payload();
  to.timeout = duration{from.timeout_ms()};
  if (from.has_retry())
    to.retry = read(from.retry());
  to.worker = from.worker();
  return to;
}

void write(const failure& from, Failure& to) {
  to.set_code(static_cast<std::uint32_t>(from.code));
  to.set_what(from.what);
}

failure read(const Failure& from) {
  return {errc_of(from.code()), from.what()};
}

bool is_command(const Request& request) {
  return request.has_cancel() || request.has_requeue() || request.has_set_queue() ||
         is_numbered(request);
}

bool is_numbered(const Request& request) {
  return request.has_change() || request.has_put_schedule() || request.has_remove_schedule() ||
         request.has_change_schedule();
}

} // namespace belfry::wire
