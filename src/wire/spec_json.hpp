#pragma once

#include "belfry/result.hpp"
#include "belfry/task.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace belfry::wire {

/// The task as a JSON object in one line, as `parse_task_json` reads it, with every field that has
/// an influence: reading it gives the same task. A payload of readable UTF-8 is written as a
/// string, any other as `payload_base64`. Fails if another text is not UTF-8, and names the field.
result<std::string> write_task_json(const task_spec& task);

/// The schedule as a JSON object in one line. Its task has the fields of `parse_task_json`, without
/// `at` and `in`:
///
///     {"schedule": {"name": "sync", "cron": "*/5 * * * *", "zone": "Europe/Berlin",
///      "gap": "run_after", "repeated_hour": "first", "misfire": "run_once", "overlap": "allow",
///      "catch_up": 10, "jitter": "5s", "task": {"kind": "mail"}}}
///
/// Fails as `write_task_json` does.
result<std::string> write_schedule_json(const schedule_spec& schedule);

/// Reads what `write_schedule_json` writes; `name`, `cron` and `task` are necessary. Nothing if
/// `text` is JSON without a field `schedule`. A failure names the field, shows its value and says
/// what was expected.
result<std::optional<schedule_spec>> parse_schedule_json(std::string_view text);

} // namespace belfry::wire
