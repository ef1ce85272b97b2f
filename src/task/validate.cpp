#include "task/validate.hpp"

#include "random/hash.hpp"
#include "time/retry.hpp"
#include "time/time_text.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>

namespace belfry {

namespace {

failure invalid(std::string text) {
  return {errc::invalid_argument, std::move(text)};
}

failure too_long(const char* field, std::size_t bytes, std::size_t bytes_max) {
  return {errc::too_large, std::string{field} + " has " + std::to_string(bytes) +
                               " bytes, the limit is " + std::to_string(bytes_max)};
}

/// For messages; an instant beyond the calendar is shown as its first or last instant.
std::string text_of(instant at) {
  constexpr duration calendar_end{std::chrono::hours{24 * 365 * 7'000}};
  return format_utc(std::clamp(at, instant{-calendar_end}, instant{calendar_end}));
}

result<done> check_length(const char* field, duration length, duration length_max) {
  if (length >= duration{0} && length <= length_max)
    return done{};
  return invalid(std::string{field} + " is " + format_duration(length) + ", expected 0 to " +
                 format_duration(length_max));
}

result<done> check_ahead(const char* field, instant at, const submit_limits& limits, instant now) {
  if (at <= now + limits.horizon)
    return done{};
  return invalid(std::string{field} + " is " + text_of(at) + ", more than " +
                 format_duration(limits.horizon) + " ahead");
}

result<done> check_deadline(const char* field, const std::optional<instant>& deadline, instant due,
                            const submit_limits& limits, instant now) {
  if (!deadline)
    return done{};
  if (*deadline < due)
    return invalid(std::string{field} + " is " + text_of(*deadline) + ", before due (" +
                   text_of(due) + "), so the task could never start");
  return check_ahead(field, *deadline, limits, now);
}

result<done> check_lengths(const task_spec& spec, duration length_max) {
  const std::array fields{std::pair{"delay", spec.delay}, std::pair{"timeout", spec.timeout},
                          std::pair{"key_ttl", spec.key_ttl},
                          std::pair{"retention", spec.retention}};
  for (const auto& [field, length] : fields)
    if (auto checked = check_length(field, length, length_max); !checked)
      return checked;
  return done{};
}

result<done> check_times(const task_spec& spec, const submit_limits& limits, instant now) {
  if (auto checked = check_lengths(spec, limits.horizon); !checked)
    return checked;
  const auto due = spec.due.value_or(now + spec.delay);
  if (due < now - limits.due_age_max)
    return invalid("due is " + text_of(due) + ", more than " + format_duration(limits.due_age_max) +
                   " in the past");
  if (auto checked = check_ahead("due", due, limits, now); !checked)
    return checked;
  if (auto checked = check_deadline("start_by", spec.start_by, due, limits, now); !checked)
    return checked;
  if (auto checked = check_deadline("complete_by", spec.complete_by, due, limits, now); !checked)
    return checked;
  if (spec.start_by && spec.complete_by && *spec.complete_by < *spec.start_by)
    return invalid("complete_by is " + text_of(*spec.complete_by) + ", before start_by (" +
                   text_of(*spec.start_by) + "), which it would overrule");
  return done{};
}

result<done> check_payload(const std::string& payload, const submit_limits& limits) {
  if (payload.size() > limits.payload_bytes_max)
    return too_long("payload", payload.size(), limits.payload_bytes_max);
  return done{};
}

result<done> check_priority(std::int32_t priority) {
  if (priority < priority_min || priority > priority_max)
    return invalid("priority is " + std::to_string(priority) + ", expected " +
                   std::to_string(priority_min) + " to " + std::to_string(priority_max));
  return done{};
}

template <class Policy>
result<done> check_policy(const char* name, Policy policy, Policy last) {
  if (policy <= last)
    return done{};
  return invalid(std::string{name} + " is " + std::to_string(static_cast<unsigned>(policy)) +
                 ", this version knows 0 to " + std::to_string(static_cast<unsigned>(last)));
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
  if (auto payload = check_payload(spec.payload, limits); !payload)
    return payload;
  if (spec.key.size() > limits.key_bytes_max)
    return too_long("key", spec.key.size(), limits.key_bytes_max);
  if (auto priority = check_priority(spec.priority); !priority)
    return priority;
  if (auto times = check_times(spec, limits, now); !times)
    return times;
  static const retry_policy standard;
  return spec.retry == standard ? done{} : check(spec.retry);
}

result<done> check(const task_change& change, const submit_limits& limits, instant now) {
  if (change == task_change{})
    return invalid("the change is empty, expected due, delay, priority, payload or queue");
  if (change.due && change.delay)
    return invalid("due and delay are both given, expected one of them");
  task_spec times;
  times.due = change.due;
  times.delay = change.delay.value_or(duration{0});
  times.key_ttl = times.retention = duration{0};
  if (auto checked = check_times(times, limits, now); !checked)
    return checked;
  if (change.priority)
    if (auto checked = check_priority(*change.priority); !checked)
      return checked;
  if (change.queue)
    if (auto checked = check_name("queue", *change.queue, limits.name_bytes_max); !checked)
      return checked;
  return change.payload ? check_payload(*change.payload, limits) : done{};
}

result<done> check(const schedule_spec& spec, const submit_limits& limits, instant now) {
  if (auto named = check_name("schedule", spec.name, 2 * limits.name_bytes_max); !named)
    return named;
  if (auto rule = rule_due_after(spec, now); !rule)
    return rule.error();
  if (spec.catch_up_max > catch_up_limit)
    return invalid("catch_up_max is " + std::to_string(spec.catch_up_max) + ", the limit is " +
                   std::to_string(catch_up_limit));
  if (auto checked = check_length("jitter", spec.jitter, std::chrono::hours{24}); !checked)
    return checked;
  if (!spec.task.key.empty())
    return invalid("key: a scheduled task has none, each run is a task of its own");
  for (const auto& [field, deadline] :
       {std::pair{"start_by", spec.task.start_by}, std::pair{"complete_by", spec.task.complete_by}})
    if (deadline)
      return invalid(std::string{field} +
                     ": a scheduled task has none, each run has a due instant of its own");
  auto task = spec.task;
  task.due.reset();
  task.delay = duration{0};
  return check(task, limits, now);
}

result<cron_rule> rule_of(const schedule_spec& spec) {
  for (const auto& checked :
       {check_policy("gap", spec.when.gap, gap_policy::skip),
        check_policy("repeated_hour", spec.when.repeated_hour, repeated_hour_policy::both),
        check_policy("misfire", spec.misfire, misfire_policy::run_all),
        check_policy("overlap", spec.overlap, overlap_policy::cancel_other)})
    if (!checked)
      return checked.error();
  return cron_rule::parse(spec.when, cron_seed(spec.name));
}

result<cron_rule> rule_due_after(const schedule_spec& spec, instant now) {
  auto rule = rule_of(spec);
  if (rule && !rule->is_at_boot() && !rule->next_after(now))
    return invalid("cron: '" + spec.when.line +
                   "' never comes: no day of the next 50 years is what its fields say");
  return rule;
}

std::uint64_t cron_seed(const std::string& name) {
  return fnv1a(name);
}

} // namespace belfry
