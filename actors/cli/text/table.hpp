#pragma once

#include <cstddef>
#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

namespace belfry::shell {

/// Rows for people, in aligned columns.
class table {
public:
  struct column {
    std::string title;
    bool is_number = false; ///< to the right
  };

  explicit table(std::vector<column> columns) : columns_(std::move(columns)) {}

  /// What is not printable in a cell is escaped. Requires: one cell per column.
  void add(std::vector<std::string> cells);

  [[nodiscard]] bool is_empty() const { return rows_.empty(); }
  void print(std::ostream& out) const;

private:
  std::vector<column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

/// How many columns of a terminal the UTF-8 text `text` takes, approximately: one per letter.
[[nodiscard]] std::size_t width_of(std::string_view text);

/// `text` on one line of at most `width_max` letters, with a space for each line end and tab, and
/// what else is not printable escaped.
[[nodiscard]] std::string one_line(std::string_view text, std::size_t width_max);

} // namespace belfry::shell
