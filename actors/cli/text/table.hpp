#pragma once

#include "cli/text/output_style.hpp"

#include <cstddef>
#include <iosfwd>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace belfry::shell {

/// Rows for people, in aligned columns.
///
/// On a terminal that is too narrow for them, the columns that say what is usual are left out first
/// (the weight of queues, if all have the weight 1); then texts are cut, the longest first. What is
/// wider even then is left to the terminal.
class table {
public:
  struct column {
    std::string title;
    bool is_number = false;           ///< to the right
    std::string usual{};              ///< the column may be left out if all its cells are this
    std::size_t width_min = no_limit; ///< the cells may be cut to this width
    bool is_state = false;            ///< in the colours of states
  };
  static constexpr std::size_t no_limit = static_cast<std::size_t>(-1);

  explicit table(std::vector<column> columns) : columns_(std::move(columns)) {}

  /// What is not printable in a cell is escaped. Requires: one cell per column.
  void add(std::vector<std::string> cells);

  [[nodiscard]] bool is_empty() const { return rows_.empty(); }
  void print(std::ostream& out, const output_style& style = {}) const;

private:
  /// Its width, for each column that is printed.
  struct shown_column {
    std::size_t index = 0;
    std::size_t width = 0;
  };
  [[nodiscard]] std::vector<shown_column> columns_for(const output_style& style) const;
  [[nodiscard]] bool is_usual(std::size_t index) const;
  void shrink_to(std::size_t width_max, std::vector<shown_column>& shown) const;
  [[nodiscard]] std::string cell_text(const std::string& cell, const shown_column& shown) const;

  std::vector<column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

/// How many columns of a terminal the UTF-8 text `text` takes, approximately: one per letter.
[[nodiscard]] std::size_t width_of(std::string_view text);

/// `text` on one line of at most `width_max` letters, with a space for each line end and tab, and
/// what else is not printable escaped.
[[nodiscard]] std::string one_line(std::string_view text, std::size_t width_max);

} // namespace belfry::shell
