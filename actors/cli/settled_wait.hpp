#pragma once

#include "cli/program.hpp"

#include <functional>
#include <vector>

namespace belfry::shell {

/// Waits until the task is settled. Fails with `errc::timed_out` after `limit`, and with
/// `errc::unavailable` once the node has not answered for `--request-timeout`; until then the
/// client connects again.
///
/// Meanwhile the standard error says, in sentences or in JSON, what would otherwise be silence:
///
/// - after two seconds, why the task has not settled: once, as `belfry explain` does;
/// - that the node does not answer any more, and that it answers again.
[[nodiscard]] result<task_info> wait_until_settled(const program& belfry, client& node, task_id id,
                                                   duration limit);

/// Called with what became of a task: the task, or why it cannot be waited for.
using settled_visitor = std::function<void(task_id id, const result<task_info>& outcome)>;

/// The same for several tasks at once, within one limit: calls `visit` for each of them as soon as
/// it is settled, in the order in which they end, and for those that are not in the end with the
/// failure. Of the tasks that have not settled after two seconds, the first five are explained.
void wait_until_settled(const program& belfry, client& node, const std::vector<task_id>& ids,
                        duration limit, const settled_visitor& visit);

/// Says on the standard error that the task is accepted: so its id is known whatever happens.
void print_accepted(const program& belfry, const submitted& accepted);

} // namespace belfry::shell
