#include "os/workload_file.hpp"

#include "text/delimited.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <map>
#include <optional>
#include <string_view>

namespace belfry {

namespace {

constexpr std::string_view required_columns[] = {"submit_time_s", "run_time_s", "task_type",
                                                 "tenant", "status"};

std::vector<std::string> cells_of(const std::string& line) {
  if (line.empty())
    return {};
  const auto parts = split(line, ',');
  std::vector<std::string> cells(parts.begin(), parts.end());
  if (cells.back().ends_with('\r'))
    cells.back().pop_back();
  return cells;
}

/// A number of seconds, not negative.
std::optional<double> number(const std::string& text) {
  char* end = nullptr;
  const auto value = std::strtod(text.c_str(), &end);
  if (text.empty() || *end != '\0' || !std::isfinite(value) || value < 0)
    return std::nullopt;
  return value;
}

failure bad_row(const std::string& file, std::size_t line, const std::string& problem) {
  return {errc::invalid_argument, file + ", line " + std::to_string(line) + ": " + problem};
}

} // namespace

result<std::vector<workload_row>> read_workload(const std::string& file, std::size_t rows_max) {
  std::ifstream in{file};
  std::string line;
  if (!in || !std::getline(in, line))
    return failure{errc::not_found, "cannot read the workload " + file};
  std::map<std::string, std::size_t, std::less<>> columns;
  for (const auto& name : cells_of(line))
    columns.emplace(name, columns.size());
  for (const auto name : required_columns)
    if (!columns.contains(name))
      return failure{errc::invalid_argument, file + " has no column " + std::string{name}};
  const auto column = [&](std::size_t index) {
    return columns.find(required_columns[index])->second;
  };

  std::vector<workload_row> rows;
  for (std::size_t line_number = 2; rows.size() < rows_max && std::getline(in, line);
       ++line_number) {
    const auto cells = cells_of(line);
    if (cells.size() != columns.size())
      return bad_row(file, line_number,
                     std::to_string(cells.size()) + " cells, expected " +
                         std::to_string(columns.size()));
    const auto submit = number(cells[column(0)]);
    const auto run = number(cells[column(1)]);
    if (!submit || !run)
      return bad_row(file, line_number,
                     '\'' + cells[column(submit ? 1 : 0)] + "' is not a number of seconds");
    const auto& status = cells[column(4)];
    rows.push_back({*submit, *run, cells[column(2)], cells[column(3)],
                    status == "failed" || status == "timeout"});
  }
  if (rows.empty())
    return failure{errc::invalid_argument, file + " has no rows"};
  std::stable_sort(rows.begin(), rows.end(), [](const auto& left, const auto& right) {
    return left.submit_s < right.submit_s;
  });
  return rows;
}

} // namespace belfry
