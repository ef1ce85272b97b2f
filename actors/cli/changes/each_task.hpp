#pragma once

#include "cli/program.hpp"

#include "belfry/client.hpp"

#include <functional>
#include <string>
#include <vector>

namespace belfry::shell {

using task_action = std::function<result<done>(task_client, task_id)>;

/// Calls `action` for each of the tasks; it prints what it finds, and this function its failures.
/// Goes on after a refusal and returns the status of the latest; a node that does not answer, or
/// cannot do it now, ends the loop.
result<exit_code> for_each_task(program& belfry, const std::vector<task_id>& ids,
                                const task_action& action);

/// As `for_each_task`, for an action that changes a task: prints `done_text` behind the id of each
/// that was changed ("cancelled").
result<exit_code> apply_to_each(program& belfry, const std::vector<task_id>& ids,
                                const std::string& done_text, const task_action& action);

/// Prints why nothing was done with the task, and `note` behind it; returns the status for it.
exit_code report_failure(const program& belfry, task_id id, const failure& error,
                         const std::string& note = "");

} // namespace belfry::shell
