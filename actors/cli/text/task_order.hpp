#pragma once

#include "belfry/task.hpp"

#include <optional>
#include <string>
#include <vector>

namespace belfry::shell {

/// In which order to show tasks.
struct task_order {
  enum class key { id, due, accepted, settled, priority, attempt };
  key by = key::id;
  bool is_descending = false;
};

/// Reads `due`, or `-due` for the greatest first. Nothing if there is no such order.
[[nodiscard]] std::optional<task_order> parse_task_order(const std::string& text);

/// What `parse_task_order` reads, for people.
[[nodiscard]] std::string task_order_names();

/// Sorts the tasks; those that lack the time come last, and equal ones keep their order.
void sort_tasks(std::vector<task_info>& tasks, const task_order& order);

} // namespace belfry::shell
