#pragma once

#include "belfry/task.hpp"

#include <optional>

namespace belfry {

/// What can happen to a task that has been accepted.
enum class step : std::uint8_t {
  comes_due,
  starts,
  succeeds,
  fails_retryably,
  fails_permanently,
  snoozes,
  is_cancelled,
  expires,
  is_requeued,
};

/// The state that `what` leads to from `from`; nothing if it cannot happen there.
///
///              scheduled  ready      running    dead       other settled
///  comes_due   ready      -          -          -          -
///  starts      -          running    -          -          -
///  succeeds    -          -          succeeded  -          -
///  fails …now  -          -          scheduled  -          -
///  fails …good -          -          dead       -          -
///  snoozes     -          -          scheduled  -          -
///  is_canc.    cancelled  cancelled  cancelled  -          -
///  expires     expired    expired    -          -          -
///  is_requeued -          -          -          scheduled  -
[[nodiscard]] std::optional<task_state> after(task_state from, step what);

} // namespace belfry
