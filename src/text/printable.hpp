#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace belfry {

/// Texts that others chose (names, errors, progress, outputs), made fit for a terminal, for a line
/// of JSON and for a log. What a reader could take for something else is escaped:
///
/// - control characters, C1 included (a terminal may obey U+009B as it does ESC [), and what breaks
///   a line elsewhere (U+2028, U+2029): as `\n`, `\r`, `\t` or `\u001b`;
/// - controls that change the direction of the text around them (U+202A to U+202E, U+2066 to
///   U+2069): as `\u202e`;
/// - bytes that are not UTF-8: as `\xff`.
///
/// All other characters stay, a backslash too; so the functions change nothing in their own result.
/// Complexity: linear.

/// `text` on one line. A text without bytes that are not UTF-8 stays the same JSON.
[[nodiscard]] std::string printable(std::string_view text);

/// The lines of `text`, each printable behind `indentation` and with its tabs, each ended. Nothing
/// if `text` has only line ends; those at its end are left out. Indented lines cannot pass for
/// lines that the program writes to the left of them.
[[nodiscard]] std::string printable_lines(std::string_view text, std::string_view indentation);

/// `text` as the value of one `name=value` of a log line: as it is if it is one plain word, or else
/// in quotation marks, with those and backslashes in it escaped. Of a text with more than
/// `log_value_bytes_max` bytes, only so many are logged, and `…`.
[[nodiscard]] std::string log_value(std::string_view text);

inline constexpr std::size_t log_value_bytes_max = 1'000;

} // namespace belfry
