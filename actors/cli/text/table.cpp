#include "cli/text/table.hpp"

#include "text/printable.hpp"
#include "text/utf8.hpp"

#include <algorithm>
#include <ostream>
#include <utility>

namespace belfry::shell {

namespace {

bool is_line_control(char byte) {
  return byte == '\n' || byte == '\r' || byte == '\t' || byte == '\v' || byte == '\f';
}

constexpr std::size_t column_gap = 2; // Between two columns.

template <class Columns>
std::size_t total_width(const Columns& columns) {
  std::size_t width = 0;
  for (const auto& column : columns)
    width += column.width + (width == 0 ? 0 : column_gap);
  return width;
}

} // namespace

std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(
      text.begin(), text.end(), [](char byte) { return !is_continuation_byte(byte); }));
}

std::string one_line(std::string_view text, std::size_t width_max) {
  std::string spaced{text};
  std::replace_if(spaced.begin(), spaced.end(), is_line_control, ' ');
  std::string line;
  std::size_t width = 0;
  for (const char byte : printable(spaced)) {
    if (!is_continuation_byte(byte) && ++width > width_max)
      return line + "…";
    line += byte;
  }
  return line;
}

void table::add(std::vector<std::string> cells) {
  for (auto& cell : cells)
    cell = printable(cell);
  rows_.push_back(std::move(cells));
}

void table::print(std::ostream& out, const output_style& style) const {
  const auto shown = columns_for(style);
  const auto print_row = [&](const std::vector<std::string>& cells, bool is_title) {
    std::string line;
    std::size_t spaces = 0; // Before the next cell; none at the end of a line.
    for (const auto& place : shown) {
      const auto text = cell_text(cells[place.index], place);
      const auto space = place.width - std::min(place.width, width_of(text));
      const bool is_number = columns_[place.index].is_number;
      spaces += is_number ? space : 0;
      if (!text.empty()) {
        const bool is_state = style.is_colored && columns_[place.index].is_state && !is_title;
        line += std::string(std::exchange(spaces, 0), ' ') +
                (is_state ? in_color(text, color_of_state(cells[place.index])) : text);
      }
      spaces += (is_number ? 0 : space) + column_gap;
    }
    out << line << '\n';
  };
  std::vector<std::string> titles;
  for (const auto& definition : columns_)
    titles.push_back(definition.title);
  print_row(titles, true);
  for (const auto& row : rows_)
    print_row(row, false);
}

std::vector<table::shown_column> table::columns_for(const output_style& style) const {
  std::vector<shown_column> shown;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    shown.push_back({i, width_of(columns_[i].title)});
    for (const auto& row : rows_)
      shown.back().width = std::max(shown.back().width, width_of(row[i]));
  }
  if (!style.width || style.is_wide || total_width(shown) <= *style.width)
    return shown;
  std::erase_if(shown, [this](const auto& place) { return is_usual(place.index); });
  shrink_to(*style.width, shown);
  return shown;
}

bool table::is_usual(std::size_t index) const {
  const auto& usual = columns_[index].usual;
  return !usual.empty() && std::all_of(rows_.begin(), rows_.end(),
                                       [&](const auto& row) { return row[index] == usual; });
}

/// Takes from the widest column again and again, so the shorter ones stay whole.
void table::shrink_to(std::size_t width_max, std::vector<shown_column>& shown) const {
  const auto room = [this](const shown_column& place) {
    const auto& [title, is_number, usual, width_min, is_state] = columns_[place.index];
    const auto least = width_min == no_limit ? place.width : std::max(width_min, title.size());
    return place.width > least ? place.width : 0;
  };
  for (auto width = total_width(shown); width > width_max; --width) {
    const auto widest =
        std::max_element(shown.begin(), shown.end(), [&](const auto& left, const auto& right) {
          return room(left) < room(right);
        });
    if (widest == shown.end() || room(*widest) == 0)
      return;
    --widest->width;
  }
}

std::string table::cell_text(const std::string& cell, const shown_column& shown) const {
  return width_of(cell) <= shown.width ? cell : one_line(cell, shown.width - 1);
}

} // namespace belfry::shell
