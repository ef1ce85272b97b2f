#pragma once

#include "belfry/task.hpp"
#include "belfry/time.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace belfry {

/// Why a task is in its present state. Its name travels, not its number.
enum class explanation_reason : std::uint8_t {
  unknown,             ///< a reason that this version does not know; the text says it
  waiting_until_due,   ///< scheduled: not due yet
  waiting_for_retry,   ///< scheduled: an attempt failed, the next one is due later
  queue_paused,        ///< ready, but its queue is paused
  waiting_for_worker,  ///< ready; the dispatcher could not be asked for more
  no_worker,           ///< ready, but no worker is attached
  no_worker_for_kind,  ///< ready, but no attached worker runs its kind
  no_worker_for_queue, ///< ready, but no worker that runs its kind takes tasks of its queue
  all_slots_busy,      ///< ready, but the workers for it have no free slot
  being_assigned,      ///< ready, and about to be granted to a worker
  reserved,            ///< granted to a worker, which has not said that its handler has begun
  running,             ///< its handler has begun
  being_cancelled,     ///< reserved or running; its worker was asked to end it
  succeeded,
  dead,
  cancelled,
  expired,
};

/// `waiting_until_due`, …
std::string_view to_string(explanation_reason reason);

/// Reads a reason's name; `unknown` if there is no such reason.
explanation_reason parse_explanation_reason(std::string_view name);

/// Why a task is where it is.
struct explanation {
  explanation_reason reason = explanation_reason::unknown;
  std::string text{}; ///< a sentence
  instant since{};
  task_info task{};
};

} // namespace belfry
