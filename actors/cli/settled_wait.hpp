#pragma once

#include "cli/program.hpp"

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

/// Says on the standard error that the task is accepted: so its id is known whatever happens.
void print_accepted(const program& belfry, const submitted& accepted);

} // namespace belfry::shell
