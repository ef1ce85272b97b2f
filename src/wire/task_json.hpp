#pragma once

#include "belfry/result.hpp"
#include "belfry/task.hpp"

#include <string>
#include <string_view>

namespace belfry::wire {

/// Reads a task from a JSON object, for example
///
///     {"kind": "mail", "payload": {"to": "a@b"}, "in": "5m", "queue": "low", "priority": 3,
///      "key": "welcome-17", "retries": 2, "timeout": "30s", "start_by": "2026-11-25T00:00:00Z",
///      "complete_by": "2026-11-26T00:00:00Z"}
///
/// Fields that the object leaves out are as in `defaults`. A payload that is a string is stored as
/// the string's characters; any other JSON value is stored byte for byte as it stands in `text`.
/// `payload_base64` carries bytes, and `command` (an array, or a string for the shell) makes the
/// payload of the kind `exec`. Local times are of `zone`.
///
/// `retry` is what `read_retry` reads.
///
/// A failure names the field, shows its value and says what was expected. A field that is given
/// twice is refused, and so are fields that exclude each other: `in` and `at`; `payload`,
/// `payload_base64` and `command`; `command` and another kind than `exec`.
result<task_spec> parse_task_json(std::string_view text, const task_spec& defaults,
                                  const std::string& zone);

} // namespace belfry::wire
