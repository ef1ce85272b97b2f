#include "cli/text/table.hpp"

#include <algorithm>
#include <ostream>

namespace belfry::shell {

namespace {

bool is_continuation(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U;
}

} // namespace

std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char byte) { return !is_continuation(byte); }));
}

std::string one_line(std::string_view text, std::size_t width_max) {
  std::string line;
  std::size_t width = 0;
  for (const char byte : text) {
    if (!is_continuation(byte) && ++width > width_max)
      return line + "…";
    const auto value = static_cast<unsigned char>(byte);
    line += value < 0x20 || value == 0x7F ? ' ' : byte;
  }
  return line;
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
