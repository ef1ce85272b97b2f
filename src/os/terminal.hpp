#pragma once

#include <cstddef>
#include <cstdio>
#include <optional>

namespace belfry {

/// In letters.
struct terminal_size {
  std::size_t columns = 80;
  std::size_t rows = 24;

  friend bool operator==(const terminal_size&, const terminal_size&) = default;
};

/// The size of the terminal that the standard output goes to; 80 by 24 if the terminal does not
/// tell. Nothing: the output is no terminal. The variables COLUMNS and LINES go first.
[[nodiscard]] std::optional<terminal_size> output_terminal();

/// Whether a person can be asked: the standard input and the standard error are terminals.
[[nodiscard]] bool can_ask();

/// Whether a terminal may get colours: neither NO_COLOR nor a terminal without them speak against
/// it.
[[nodiscard]] bool are_colors_wanted();

/// A separate stream for `descriptor` with a buffer of 64 KiB: up to that size, what is written
/// between two flushes is one system call. Null if there is no such descriptor, or it cannot be
/// written to.
[[nodiscard]] std::FILE* gathering_stream(int descriptor);

} // namespace belfry
