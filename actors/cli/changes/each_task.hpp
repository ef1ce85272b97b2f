#pragma once

#include "cli/program.hpp"

#include "belfry/client.hpp"

#include <functional>
#include <string>
#include <vector>

namespace belfry::shell {

/// Calls `apply` for each of the tasks, and prints what became of it: `done_text` behind the id
/// ("cancelled"), or the refusal. Goes on after a refusal and returns the status of the latest; a
/// node that does not answer, or cannot do it now, ends the loop.
exit_code apply_to_each(const program& belfry, client& node, const std::vector<task_id>& ids,
                        const std::string& done_text,
                        const std::function<result<done>(task_client, task_id)>& apply);

} // namespace belfry::shell
