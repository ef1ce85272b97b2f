#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

namespace belfry {

/// The number that CAF 0.17.6 makes of a word of at most ten letters, digits and underscores
/// (`caf/detail/atom_val.hpp`): six bits per character.
[[nodiscard]] constexpr std::uint64_t atom_number(std::string_view word) {
  constexpr std::string_view alphabet =
      " 0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz";
  std::uint64_t number = 0xf;
  for (const char letter : word)
    number = number << 6 | alphabet.find(letter);
  return number;
}

/// The number that these bytes are, the most significant byte first. Requires: at most eight.
[[nodiscard]] constexpr std::uint64_t big_endian(std::string_view bytes) {
  std::uint64_t number = 0;
  for (const char byte : bytes)
    number = number << 8 | static_cast<std::uint8_t>(byte);
  return number;
}

/// The values that a field may have.
struct number_range {
  std::uint64_t min = 0;
  std::uint64_t max = std::numeric_limits<std::uint64_t>::max();

  [[nodiscard]] constexpr bool contains(std::uint64_t value) const {
    return min <= value && value <= max;
  }
};

inline constexpr number_range any_number{};

[[nodiscard]] constexpr number_range exactly(std::uint64_t value) {
  return {value, value};
}

[[nodiscard]] constexpr number_range at_least(std::uint64_t value) {
  return {value, std::numeric_limits<std::uint64_t>::max()};
}

/// "FIELD is 0, expected 32", "…, expected at least 1" or "…, expected 79 to 65536".
[[nodiscard]] std::string outside_range(std::string_view field, std::uint64_t value,
                                        number_range expected);

} // namespace belfry
