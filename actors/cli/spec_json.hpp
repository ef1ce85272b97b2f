#pragma once

#include "belfry/result.hpp"
#include "belfry/task.hpp"

#include <string>

namespace belfry::shell {

/// Reads a task from one line of a stream, for example
///
///     {"kind": "mail", "payload": {"to": "a@b"}, "in": "5m", "queue": "low", "priority": 3,
///      "key": "welcome-17", "retries": 2, "timeout": "30s", "start_by": "2026-11-25T00:00:00Z"}
///
/// Fields that a line leaves out are as in `defaults`. A payload that is not a string is kept as
/// JSON text; `payload_base64` carries bytes, and `command` (an array, or a string for the shell)
/// makes the payload of the kind `exec`. Local times are of `zone`. A failure names the field, its
/// value and what was expected.
result<task_spec> parse_task_line(const std::string& line, const task_spec& defaults,
                                  const std::string& zone);

} // namespace belfry::shell
