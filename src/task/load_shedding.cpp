#include "task/load_shedding.hpp"

#include "belfry/coverage_probe.hpp"

#include <algorithm>
#include <string_view>

namespace belfry {

namespace {

coverage_probe write_backlog_was_full{"new work is refused because a shard has too much to write"};
coverage_probe too_many_tasks{"new work is refused because a shard holds too many tasks"};
coverage_probe lower_class_was_refused{"work is refused where a higher priority would be accepted"};

constexpr std::size_t limit_quarters_of(priority_class priority) {
  switch (priority) {
  case priority_class::low:
    return 2;
  case priority_class::normal:
    return 3;
  case priority_class::high:
    break;
  }
  return 4;
}

/// Rounded up, so that even a limit of 1 accepts tasks of every class.
constexpr std::size_t share_of(std::size_t limit, priority_class priority) {
  const auto quarters = limit_quarters_of(priority);
  return limit / 4 * quarters + (limit % 4 * quarters + 3) / 4;
}

constexpr std::string_view name_of(priority_class priority) {
  switch (priority) {
  case priority_class::low:
    return "priorities below 0";
  case priority_class::normal:
    return "priorities up to 0";
  case priority_class::high:
    break;
  }
  return "any priority";
}

std::string text(std::string_view verb, std::size_t count, std::string_view unit,
                 priority_class priority, std::size_t count_max) {
  return std::string{verb} + std::to_string(count) + std::string{unit} + ", the limit for " +
         std::string{name_of(priority)} + " is " + std::to_string(count_max);
}

} // namespace

std::optional<load_refusal> load_shedding::refusal_for(priority_class priority,
                                                       const shard_load& load, instant now) {
  const auto bytes_max = share_of(limits_.pending_bytes_max, priority);
  const auto tasks_max = share_of(limits_.tasks_max, priority);
  if (load.pending_bytes <= bytes_max && load.tasks < tasks_max)
    return std::nullopt;
  if (load.pending_bytes <= limits_.pending_bytes_max && load.tasks < limits_.tasks_max)
    lower_class_was_refused.hit();
  const auto pause = next_retry_delay(priority, now);
  if (load.pending_bytes > bytes_max) {
    write_backlog_was_full.hit();
    return {{text("has ", load.pending_bytes, " bytes to write", priority, bytes_max), pause}};
  }
  too_many_tasks.hit();
  return {{text("holds ", load.tasks, " tasks", priority, tasks_max), pause}};
}

duration load_shedding::next_retry_delay(priority_class priority, instant now) {
  auto& retry_at = latest_retries_[static_cast<std::size_t>(priority)];
  const auto first = now + retry_after_min;
  retry_at = std::min(std::max(retry_at + retry_spacing, first), now + retry_after_max);
  return retry_at - now;
}

} // namespace belfry
