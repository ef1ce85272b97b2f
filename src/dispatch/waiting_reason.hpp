#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace belfry {

/// Why ready tasks of one kind in one queue are not running.
enum class waiting_reason : std::uint8_t {
  no_worker,           ///< no worker is attached
  no_worker_for_kind,  ///< none of the workers runs the kind
  no_worker_for_queue, ///< workers run the kind, but none of them takes from the queue
  all_slots_busy,      ///< workers run the kind from the queue, but none has credit
  being_assigned,      ///< a worker has credit: the tasks are assigned, or will be next
};

/// `no_worker`, `no_worker_for_kind`, …
[[nodiscard]] std::string_view to_string(waiting_reason reason);
/// Why the tasks would not run even if nothing else kept them, as for a queue that is paused.
/// Empty: a worker runs the kind from the queue.
[[nodiscard]] std::string obstacle_of(waiting_reason reason, const std::string& queue,
                                      const std::string& kind);
/// The reason as a sentence for people, for tasks of `kind` in `queue`.
[[nodiscard]] std::string explanation_of(waiting_reason reason, const std::string& queue,
                                         const std::string& kind);

} // namespace belfry
