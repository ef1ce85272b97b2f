#include "log_lines.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace belfry::tidy {

namespace {

constexpr std::array<std::string_view, 5> levels{"spdlog::debug(", "spdlog::info(", "spdlog::warn(",
                                                 "spdlog::error(", "spdlog::critical("};
constexpr std::array<std::string_view, 12> names{
    "name={}", "reason={}", "kind={}",     "queue={}",   "key={}",   "error={}",
    "peer={}", "node={}",   "resource={}", "address={}", "joins={}", "text={}"};
constexpr std::array<std::string_view, 2> escapes{"log_value(", "printable("};

std::size_t count_of(std::string_view text, std::string_view part) {
  std::size_t count = 0;
  for (auto at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1))
    ++count;
  return count;
}

template <class Parts>
std::size_t count_of_all(std::string_view text, const Parts& parts) {
  std::size_t count = 0;
  for (const auto part : parts)
    count += count_of(text, part);
  return count;
}

} // namespace

std::vector<std::string> unescaped_log_values(const source_file& file) {
  std::vector<std::string> findings;
  const std::string_view text = file.text;
  for (const auto level : levels)
    for (auto begin = text.find(level); begin != std::string_view::npos;
         begin = text.find(level, begin + 1)) {
      const auto call = text.substr(begin, text.find(");\n", begin) - begin);
      if (count_of_all(call, names) <= count_of_all(call, escapes) &&
          call.find("=\\\"{}") == std::string_view::npos)
        continue;
      const auto line = std::count(text.begin(), text.begin() + static_cast<long>(begin), '\n') + 1;
      findings.push_back(at(file, static_cast<std::size_t>(line)) +
                         "a text is logged without log_value");
    }
  return findings;
}

} // namespace belfry::tidy
