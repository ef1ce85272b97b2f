#pragma once

#include "belfry/handler.hpp"

#include "os/handlers/exec_environment.hpp"

#include <cstddef>

namespace belfry {

struct exec_limits {
  std::size_t output_bytes_max = 60 * 1024; ///< of a longer output the middle is cut out
  duration grace{1'500}; ///< from SIGTERM to SIGKILL; less than the worker's own grace
};

/// The handler of the built-in kind `exec`.
///
/// Runs the command in its own session and process group. When the worker stops or the run is
/// cancelled, the group gets SIGTERM, once; it gets SIGKILL when the run is cancelled and `grace`
/// has passed since. When the command ends, the rest of its group is killed; when the worker dies,
/// the command is killed. The environment is that of `command_environment`, and has BELFRY_TASK,
/// BELFRY_TOKEN, BELFRY_ATTEMPT, BELFRY_QUEUE; where they apply, BELFRY_KEY, BELFRY_SCHEDULE,
/// BELFRY_SCHEDULED_FOR (that time of the schedule, in seconds of Unix time) and
/// BELFRY_LAST_ATTEMPT (1); and BELFRY_PROGRESS_FILE: the path of a file, which the command
/// inherits as descriptor 3, with the progress that earlier attempts saved. What the command leaves
/// there is for the next attempt, unless it succeeds.
///
/// A command that ends after its worker stopped is `interrupted`, whatever its status: the status
/// does not tell whether it finished its work or broke it off.
///
/// A command that cannot be started because the machine or the worker lacks descriptors, processes
/// or memory has not started: that costs its task no attempt.
///
/// If this process ignores SIGCHLD, it does not any more: its children would have no exit status.
///
/// Status 0 is a success; the output is stdout and stderr of the command, interleaved.
/// Failures: `exit_status`, `killed_by_signal`, `cancelled`, `directory_not_found`, `exec_failed`,
/// `progress_too_large`; permanent ones: `command_not_found`, `invalid_payload`, and `exec_failed`
/// of a file that is no program, that may not be run, or whose arguments are too long.
[[nodiscard]] handler exec_handler(exec_limits limits = {}, exec_environment environment = {});

} // namespace belfry
