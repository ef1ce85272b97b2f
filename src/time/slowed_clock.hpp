#pragma once

#include "belfry/time.hpp"

#include <algorithm>

namespace belfry {

/// What a clock that now reads `now` will read when `span` has passed. It is `lead` ahead of the
/// machine's clock, and runs at half speed until that has caught up: it takes 2 x `lead` for that,
/// and falls back by `lead`. Rounded up to a millisecond.
///
/// Requires: `lead` is not negative.
[[nodiscard]] constexpr instant reading_after(instant now, duration span, duration lead) {
  return now + span - std::clamp(span / 2, duration{0}, lead);
}

} // namespace belfry
