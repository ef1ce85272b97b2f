#pragma once

#include "belfry/task.hpp"

#include <optional>

namespace belfry {

/// A change of state of a task that has been accepted. A granted task is reserved until its handler
/// begins; for a worker of an earlier version, which does not say when that is, it starts at once.
enum class step : std::uint8_t {
  comes_due,
  is_reserved,
  begins,
  starts,
  succeeds,
  fails_retryably,
  fails_permanently,
  snoozes,
  is_cancelled,
  expires,
  is_requeued,
  is_postponed,
};

/// The state that `change` leads to from `state`; nothing if it cannot happen there.
///
///                     scheduled  ready      reserved   running    dead       other settled
///  comes_due          ready      -          -          -          -          -
///  is_reserved        -          reserved   -          -          -          -
///  begins             -          -          running    -          -          -
///  starts             -          running    -          -          -          -
///  succeeds           -          -          succeeded  succeeded  -          -
///  fails_retryably    -          -          scheduled  scheduled  -          -
///  fails_permanently  -          -          dead       dead       -          -
///  snoozes            -          -          scheduled  scheduled  -          -
///  is_cancelled       cancelled  cancelled  cancelled  cancelled  -          -
///  expires            expired    expired    -          -          -          -
///  is_requeued        -          -          -          -          scheduled  -
///  is_postponed       -          scheduled  -          -          -          -
[[nodiscard]] std::optional<task_state> after(task_state state, step change);

} // namespace belfry
