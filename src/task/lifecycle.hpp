#pragma once

#include "belfry/task.hpp"

#include <optional>

namespace belfry {

/// A change of state of a task that has been accepted.
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

/// The state that `change` leads to from `state`; nothing if it cannot happen there.
///
///                     scheduled  ready      running    dead       other settled
///  comes_due          ready      -          -          -          -
///  starts             -          running    -          -          -
///  succeeds           -          -          succeeded  -          -
///  fails_retryably    -          -          scheduled  -          -
///  fails_permanently  -          -          dead       -          -
///  snoozes            -          -          scheduled  -          -
///  is_cancelled       cancelled  cancelled  cancelled  -          -
///  expires            expired    expired    -          -          -
///  is_requeued        -          -          -          scheduled  -
[[nodiscard]] std::optional<task_state> after(task_state state, step change);

} // namespace belfry
