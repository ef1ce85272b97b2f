#pragma once

#include <cstdint>

namespace belfry::wire {

/// In `BatchAccepted.codes`: the task is a duplicate. 0 is an accepted task, any other number the
/// `errc` of its refusal.
inline constexpr std::uint32_t duplicate_code = 255;

} // namespace belfry::wire
