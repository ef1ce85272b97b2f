#pragma once

#include "belfry/health.hpp"

#include <nlohmann/json.hpp>

namespace belfry {

/// As programs read it: durations in milliseconds. Names are printable text.
[[nodiscard]] nlohmann::ordered_json to_json(const health_report& report);

} // namespace belfry
