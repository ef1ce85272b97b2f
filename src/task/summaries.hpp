#pragma once

#include "belfry/explanation.hpp"
#include "belfry/task.hpp"
#include "task/event.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace belfry {

/// How many tasks are in each state, by the number of the `task_state`; the first is unused.
using state_counts = std::array<std::uint64_t, task_states.size() + 1>;

struct queue_summary {
  queue_settings settings;
  state_counts counts{};
};

/// The ready tasks of one kind in one queue.
struct ready_summary {
  std::string queue;
  std::string kind;
  std::uint64_t count = 0;
  std::optional<instant> oldest_due; ///< of the one that has waited longest
};

struct schedule_summary {
  schedule_spec spec;
  instant last_nominal{};
  instant next{}; ///< `instant_max`: never, or at boot
  task_id last_task;
  std::uint64_t fired = 0;
  std::uint64_t skipped = 0;
  bool is_paused = false; ///< by a client; `next` is `instant_max` then
  /// Why this machine or this version cannot tell when it is due; nothing: it can. A parked
  /// schedule stays as it was recorded and does not fire.
  std::optional<std::string> parked_reason;
};

/// Which tasks a page of tasks shows.
struct page_filter {
  std::vector<task_state> states; ///< empty: all
  std::string queue;              ///< empty: all
  std::string kind;               ///< empty: all
  std::string schedule;           ///< that submitted them; empty: all
  std::optional<instant> due_from;
  std::optional<instant> due_to;
};

struct task_page {
  std::vector<task_info> tasks;
  std::uint64_t next_after = 0; ///< serial to go on from
  bool is_end = false;
};

/// Why a task is in its state, and since when.
struct state_explanation {
  explanation_reason reason = explanation_reason::unknown;
  std::string text;
  instant since{};
};

} // namespace belfry
