#pragma once

#include <string>

namespace belfry {

/// The version of this build of the library: `0.1.0`.
[[nodiscard]] std::string version();

} // namespace belfry
