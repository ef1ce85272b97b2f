#pragma once

#include "belfry/failure.hpp"

#include <cstdint>

namespace belfry::wire {

/// `number` as an enum whose values go from `first` to `last`; `otherwise` if it is none of them.
template <class Enum>
[[nodiscard]] Enum enum_of(std::uint32_t number, Enum first, Enum last, Enum otherwise) {
  if (number < static_cast<std::uint32_t>(first) || number > static_cast<std::uint32_t>(last))
    return otherwise;
  return static_cast<Enum>(number);
}

/// Reads a code that a newer version may have added as `unavailable`.
[[nodiscard]] inline errc errc_of(std::uint32_t number) {
  return enum_of(number, errc::invalid_argument, errc::forgotten, errc::unavailable);
}

} // namespace belfry::wire
