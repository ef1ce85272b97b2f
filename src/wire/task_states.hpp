#pragma once

#include "belfry/task.hpp"
#include "wire/enum_of.hpp"

#include <cstdint>
#include <optional>

namespace belfry::wire {

/// Writes the state of a task. A reserved task is written as a running one with a mark: earlier
/// versions know no other state of a task that a worker has.
template <class To>
void write_state(task_state state, To& to) {
  const bool is_reserved = state == task_state::reserved;
  to.set_state(static_cast<std::uint32_t>(is_reserved ? task_state::running : state));
  to.set_is_reserved(is_reserved);
}

/// Reads what `write_state` has written; nothing if this version does not know the state.
template <class From>
[[nodiscard]] std::optional<task_state> read_state(const From& from) {
  constexpr task_state unknown{};
  const auto state = enum_of(from.state(), task_state::scheduled, task_state::expired, unknown);
  if (state == unknown)
    return std::nullopt;
  return state == task_state::running && from.is_reserved() ? task_state::reserved : state;
}

} // namespace belfry::wire
