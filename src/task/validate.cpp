#include "task/validate.hpp"

#include "time/cron.hpp"
#include "time/retry.hpp"

namespace belfry {

namespace {

failure invalid(std::string what) {
  return {errc::invalid_argument, std::move(what)};
}

failure too_long(const char* field, std::size_t bytes, std::size_t bytes_max) {
  return {errc::too_large, std::string{field} + " has " + std::to_string(bytes) +
                               " bytes, the limit is " + std::to_string(bytes_max)};
}

std::string hours_of(duration length) {
  return std::to_string(std::chrono::duration_cast<std::chrono::hours>(length).count()) + "h";
}

result<done> check_times(const task_spec& spec, const submit_limits& limits, instant now) {
  const auto due = spec.due.value_or(now);
  if (due < now - limits.past_max)
    return invalid("due is more than " + hours_of(limits.past_max) + " in the past");
  if (due > now + limits.horizon || spec.delay > limits.horizon)
    return invalid("due is more than " + hours_of(limits.horizon) + " ahead, beyond the horizon");
  if (spec.delay < duration{0} || spec.timeout < duration{0})
    return invalid("delay and timeout are 0 or more");
  if (spec.key_ttl < duration{0} || spec.key_ttl > limits.horizon)
    return invalid("key_ttl is from 0 to " + hours_of(limits.horizon));
  if (spec.retention < duration{0} || spec.retention > limits.horizon)
    return invalid("retention is from 0 to " + hours_of(limits.horizon));
  if (spec.start_by && *spec.start_by < (spec.due ? due : now + spec.delay))
    return invalid("start_by is before due, so the task could never start");
  return done{};
}

} // namespace

result<done> check_name(const char* field, const std::string& name, std::size_t bytes_max) {
  if (name.empty())
    return invalid(std::string{field} + " is empty, expected 1 to " + std::to_string(bytes_max) +
                   " characters");
  if (name.size() > bytes_max)
    return too_long(field, name.size(), bytes_max);
  for (const unsigned char c : name)
    if (c < 0x20 || c == 0x7f)
      return invalid(std::string{field} + " holds a control character");
  return done{};
}

result<done> check(const task_spec& spec, const submit_limits& limits, instant now) {
  if (auto named = check_name("kind", spec.kind, limits.name_bytes_max); !named)
    return named;
  if (auto named = check_name("queue", spec.queue, limits.name_bytes_max); !named)
    return named;
  if (spec.payload.size() > limits.payload_bytes_max)
    return too_long("payload", spec.payload.size(), limits.payload_bytes_max);
  if (spec.key.size() > limits.key_bytes_max)
    return too_long("key", spec.key.size(), limits.key_bytes_max);
  if (spec.priority < -100 || spec.priority > 100)
    return invalid("priority is " + std::to_string(spec.priority) + ", expected -100 to 100");
  if (auto times = check_times(spec, limits, now); !times)
    return times;
  static const retry_policy usual;
  return spec.retry == usual ? done{} : check(spec.retry);
}

result<done> check(const schedule_spec& spec, const submit_limits& limits, instant now) {
  if (auto named = check_name("schedule", spec.name, 2 * limits.name_bytes_max); !named)
    return named;
  if (auto rule = cron_rule::parse(spec.when); !rule)
    return rule.error();
  if (spec.catch_up_max > 1000)
    return invalid("catch_up_max is " + std::to_string(spec.catch_up_max) + ", the limit is 1000");
  if (spec.jitter < duration{0} || spec.jitter > duration{std::chrono::hours{24}})
    return invalid("jitter is from 0 to 24h");
  if (!spec.task.key.empty())
    return invalid("key: a scheduled task has none, each run is a task of its own");
  auto task = spec.task;
  task.due.reset();
  task.delay = duration{0};
  task.start_by.reset();
  return check(task, limits, now);
}

} // namespace belfry
