#pragma once

#include <string>

namespace belfry::shell {

/// The version of this build: `0.1.0`.
[[nodiscard]] std::string version();

} // namespace belfry::shell
