#pragma once

#include "belfry/ids.hpp"

#include "client/client_inbox.hpp"

#include <functional>
#include <vector>

namespace belfry::internal {

/// Writes what is asked of one task.
using task_request_writer = std::function<void(wire::Request& to, task_id id)>;

/// The requests of a bulk command: one for each task of `page`, which was listed by `filter`. A
/// task that the filter would not list any more, because another client has changed it, is left
/// alone.
[[nodiscard]] std::vector<request_call> requests_for(const wire::TaskList& page,
                                                     const wire::ListTasks& filter,
                                                     const task_request_writer& write);

} // namespace belfry::internal
