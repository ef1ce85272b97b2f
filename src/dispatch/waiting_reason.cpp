#include "dispatch/waiting_reason.hpp"

#include "belfry/explanation.hpp"

namespace belfry {

std::string_view to_string(waiting_reason reason) {
  switch (reason) {
  case waiting_reason::no_worker:
    return to_string(explanation_reason::no_worker);
  case waiting_reason::no_worker_for_kind:
    return to_string(explanation_reason::no_worker_for_kind);
  case waiting_reason::no_worker_for_queue:
    return to_string(explanation_reason::no_worker_for_queue);
  case waiting_reason::all_slots_busy:
    return to_string(explanation_reason::all_slots_busy);
  case waiting_reason::being_assigned:
    return to_string(explanation_reason::being_assigned);
  }
  return to_string(explanation_reason::unknown);
}

std::string obstacle_of(waiting_reason reason, const std::string& queue, const std::string& kind) {
  switch (reason) {
  case waiting_reason::no_worker:
    return "no worker is attached to the node";
  case waiting_reason::no_worker_for_kind:
    return "no worker that is attached to the node runs '" + kind + "'";
  case waiting_reason::no_worker_for_queue:
    return "no worker that runs '" + kind + "' takes tasks from queue '" + queue + "'";
  case waiting_reason::all_slots_busy:
  case waiting_reason::being_assigned:
    return {};
  }
  return {};
}

std::string explanation_of(waiting_reason reason, const std::string& queue,
                           const std::string& kind) {
  switch (reason) {
  case waiting_reason::no_worker:
  case waiting_reason::no_worker_for_kind:
  case waiting_reason::no_worker_for_queue:
    return "due, but " + obstacle_of(reason, queue, kind);
  case waiting_reason::all_slots_busy:
    return "waiting for a free slot: all workers for '" + kind + "' are busy";
  case waiting_reason::being_assigned:
    return "due, and being assigned to a worker that runs '" + kind + "'";
  }
  return "due";
}

} // namespace belfry
