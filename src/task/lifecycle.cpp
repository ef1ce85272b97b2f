#include "task/lifecycle.hpp"

#include <array>

namespace belfry {

namespace {

struct row {
  step change;
  task_state before;
  task_state after;
};

using enum task_state;

constexpr std::array rows{
    row{step::comes_due, scheduled, ready},
    row{step::is_reserved, ready, reserved},
    row{step::begins, reserved, running},
    row{step::starts, ready, running},
    row{step::succeeds, reserved, succeeded},
    row{step::succeeds, running, succeeded},
    row{step::fails_retryably, reserved, scheduled},
    row{step::fails_retryably, running, scheduled},
    row{step::fails_permanently, reserved, dead},
    row{step::fails_permanently, running, dead},
    row{step::snoozes, reserved, scheduled},
    row{step::snoozes, running, scheduled},
    row{step::is_cancelled, scheduled, cancelled},
    row{step::is_cancelled, ready, cancelled},
    row{step::is_cancelled, reserved, cancelled},
    row{step::is_cancelled, running, cancelled},
    row{step::expires, scheduled, expired},
    row{step::expires, ready, expired},
    row{step::is_requeued, dead, scheduled},
    row{step::is_postponed, ready, scheduled},
};

} // namespace

std::optional<task_state> after(task_state state, step change) {
  for (const auto& row : rows)
    if (row.change == change && row.before == state)
      return row.after;
  return std::nullopt;
}

} // namespace belfry
