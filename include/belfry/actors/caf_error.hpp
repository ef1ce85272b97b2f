#pragma once

#include "belfry/failure.hpp"

#include <caf/fwd.hpp>

namespace belfry {

/// A failure as CAF carries it, and back; an error of CAF's own becomes `errc::unavailable` without
/// a text.
[[nodiscard]] caf::error to_error(const failure& reason);
[[nodiscard]] failure to_failure(const caf::error& error);

} // namespace belfry
