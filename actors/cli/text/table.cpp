#include "cli/text/table.hpp"

#include "text/printable.hpp"

#include <algorithm>
#include <ostream>
#include <utility>

namespace belfry::shell {

namespace {

bool is_continuation(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U;
}

bool is_line_control(char byte) {
  return byte == '\n' || byte == '\r' || byte == '\t' || byte == '\v' || byte == '\f';
}

} // namespace

std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char byte) { return !is_continuation(byte); }));
}

std::string one_line(std::string_view text, std::size_t width_max) {
  std::string spaced{text};
  std::replace_if(spaced.begin(), spaced.end(), is_line_control, ' ');
  std::string line;
  std::size_t width = 0;
  for (const char byte : printable(spaced)) {
    if (!is_continuation(byte) && ++width > width_max)
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

void table::print(std::ostream& out) const {
  std::vector<std::string> titles;
  for (const auto& [title, is_number] : columns_)
    titles.push_back(title);
  std::vector<std::size_t> widths;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    widths.push_back(width_of(titles[i]));
    for (const auto& row : rows_)
      widths[i] = std::max(widths[i], width_of(row[i]));
  }
  const auto print_row = [&](const std::vector<std::string>& cells) {
    std::string line;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      const std::string space(widths[i] - width_of(cells[i]), ' ');
      line += columns_[i].is_number ? space + cells[i] : cells[i] + space;
      line += "  ";
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out << line << '\n';
  };
  print_row(titles);
  for (const auto& row : rows_)
    print_row(row);
}

} // namespace belfry::shell
