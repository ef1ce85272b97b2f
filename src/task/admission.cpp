#include "task/admission.hpp"

#include "belfry/coverage_probe.hpp"

#include <algorithm>
#include <string_view>

namespace belfry {

namespace {

coverage_probe write_backlog_was_full{"new work is refused because a shard has too much to write"};
coverage_probe too_many_tasks{"new work is refused because a shard holds too many tasks"};
coverage_probe lower_class_was_refused{"work is refused where a higher priority would be taken"};

constexpr std::size_t limit_quarters_of(priority_class what) {
  switch (what) {
  case priority_class::low:
    return 2;
  case priority_class::normal:
    return 3;
  case priority_class::high:
    break;
  }
  return 4;
}

/// Rounded up: a small limit has room for everybody.
constexpr std::size_t share_of(std::size_t limit, priority_class what) {
  const auto quarters = limit_quarters_of(what);
  return limit / 4 * quarters + (limit % 4 * quarters + 3) / 4;
}

constexpr std::string_view name_of(priority_class what) {
  switch (what) {
  case priority_class::low:
    return "priorities below 0";
  case priority_class::normal:
    return "priorities up to 0";
  case priority_class::high:
    break;
  }
  return "any priority";
}

std::string text(std::string_view verb, std::size_t count, std::string_view of, priority_class what,
                 std::size_t most) {
  return std::string{verb} + std::to_string(count) + std::string{of} + ", the limit for " +
         std::string{name_of(what)} + " is " + std::to_string(most);
}

} // namespace

std::optional<admission_refusal> admission::refusal_for(priority_class what, const shard_load& load,
                                                        instant now) {
  const auto bytes_max = share_of(limits_.pending_bytes_max, what);
  const auto tasks_max = share_of(limits_.tasks_max, what);
  if (load.pending_bytes <= bytes_max && load.tasks < tasks_max)
    return std::nullopt;
  if (load.pending_bytes <= limits_.pending_bytes_max && load.tasks < limits_.tasks_max)
    lower_class_was_refused.hit();
  const auto pause = next_retry_delay(what, now);
  if (load.pending_bytes > bytes_max) {
    write_backlog_was_full.hit();
    return {{text("has ", load.pending_bytes, " bytes to write", what, bytes_max), pause}};
  }
  too_many_tasks.hit();
  return {{text("holds ", load.tasks, " tasks", what, tasks_max), pause}};
}

duration admission::next_retry_delay(priority_class what, instant now) {
  auto& turn = latest_retries_[static_cast<std::size_t>(what)];
  const auto first = now + retry_after_min;
  turn = std::min(std::max(turn + retry_spacing, first), now + retry_after_max);
  return turn - now;
}

} // namespace belfry
