#pragma once

#include "belfry/client.hpp"

#include <nlohmann/json.hpp>

#include <string>

namespace belfry::shell {

using json = nlohmann::ordered_json;

/// Values as JSON for programs: instants as `2026-11-24T12:00:00.250Z`, durations in
/// milliseconds (names end in `_ms`). What is not set is left out. Bytes that are not UTF-8 go
/// under the name with `_base64` behind it.
[[nodiscard]] json to_json(const task_info& task);
[[nodiscard]] json to_json(const explanation& explained);
[[nodiscard]] json to_json(const submitted& accepted);
[[nodiscard]] json to_json(const queue_info& queue);
[[nodiscard]] json to_json(const schedule_info& schedule);
[[nodiscard]] json to_json(const node_status& status);
[[nodiscard]] json to_json(const node_info& node);
[[nodiscard]] json to_json(const failure& error);

/// The document in one line, printable; never fails.
[[nodiscard]] std::string one_line(const json& document);

} // namespace belfry::shell
