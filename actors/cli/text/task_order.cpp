#include "cli/text/task_order.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

namespace belfry::shell {

namespace {

constexpr std::array<std::pair<const char*, task_order::key>, 6> order_keys{{
    {"id", task_order::key::id},
    {"due", task_order::key::due},
    {"accepted", task_order::key::accepted},
    {"settled", task_order::key::settled},
    {"priority", task_order::key::priority},
    {"attempt", task_order::key::attempt},
}};

/// Nothing: the task has no such time.
std::optional<std::int64_t> value_of(const task_info& task, task_order::key key) {
  switch (key) {
  case task_order::key::id:
    return static_cast<std::int64_t>(task.id.value);
  case task_order::key::due:
    return to_ms(task.due);
  case task_order::key::accepted:
    return to_ms(task.accepted_at);
  case task_order::key::settled:
    return task.settled_at ? std::optional{to_ms(*task.settled_at)} : std::nullopt;
  case task_order::key::priority:
    return task.priority;
  case task_order::key::attempt:
    return task.attempt;
  }
  return std::nullopt;
}

} // namespace

std::optional<task_order> parse_task_order(const std::string& text) {
  const bool is_descending = text.starts_with('-');
  for (const auto& [name, key] : order_keys)
    if (text.substr(is_descending ? 1 : 0) == name)
      return task_order{key, is_descending};
  return std::nullopt;
}

std::string task_order_names() {
  std::string names;
  for (const auto& [name, key] : order_keys)
    names += (names.empty() ? "" : ", ") + std::string{name};
  return names + ", each perhaps with - before it";
}

void sort_tasks(std::vector<task_info>& tasks, const task_order& order) {
  std::stable_sort(tasks.begin(), tasks.end(), [&](const auto& left, const auto& right) {
    const auto before = value_of(left, order.by);
    const auto after = value_of(right, order.by);
    if (before.has_value() != after.has_value())
      return before.has_value();
    return order.is_descending ? before > after : before < after;
  });
}

} // namespace belfry::shell
