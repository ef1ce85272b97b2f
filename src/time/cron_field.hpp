#pragma once

#include "belfry/result.hpp"
#include "time/month_days.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace belfry {

/// The fields of a cron line, in their order.
enum class cron_field : std::uint8_t { second, minute, hour, day, month, weekday };

/// What one field of a cron line says.
struct cron_field_value {
  std::uint64_t bits = 0; ///< bit n: the number n; Sunday is 0, 7 or both
  month_days days{};      ///< of the two day fields
};

/// Whether two words of cron lines are the same, in capital letters or not.
[[nodiscard]] bool is_same_cron_word(std::string_view left, std::string_view right);

/// The words of a cron line, separated by blanks; an `@name` is replaced by the fields that it
/// stands for (`@daily` is `0 0 * * *`).
[[nodiscard]] std::vector<std::string> cron_words(std::string_view line);

/// Reads the field `text`, the `position`th of its line, from 1. A list with commas of
/// - `*`, `?`, a number, `a-b`, each perhaps with `/step`; names of months and days for numbers. A
///   range with a name may wrap: `fri-mon`;
/// - `a~b`, `~b`, `a~`, `~`: one number of that range, which `seed` selects, for ever the same;
///   with `/step` the first number is one of the first `step`, and the others follow;
/// - day of month: `L`, `L-n`, `nW`, `LW`;
/// - day of week: `fri#2`, `friL`.
///
/// The failure names the field, its value and what was expected.
[[nodiscard]] result<cron_field_value> read_cron_field(cron_field field, std::size_t position,
                                                       std::string_view text, std::uint64_t seed);

} // namespace belfry
