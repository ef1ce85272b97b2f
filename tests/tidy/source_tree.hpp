#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace belfry::tidy {

/// One file of the repository.
struct source_file {
  std::string path; ///< from the repository's root: `src/task/ledger.cpp`
  std::string text;
  std::string code;               ///< `text` with comments and string contents blanked
  std::vector<std::string> lines; ///< of `text`
  std::vector<std::string> coded; ///< lines of `code`

  [[nodiscard]] bool is_in(std::string_view folder) const; ///< `src` holds `src/task/ledger.cpp`
  [[nodiscard]] bool ends_with(std::string_view ending) const { return path.ends_with(ending); }
  [[nodiscard]] bool is_cpp() const { return ends_with(".cpp") || ends_with(".hpp"); }
  [[nodiscard]] std::string stem() const; ///< `ledger`
};

/// Every C++, Protobuf, CMake, Markdown and mutation file of the repository, in order of path.
[[nodiscard]] const std::vector<source_file>& all_files();

/// The one of them with this path, or null.
[[nodiscard]] const source_file* file_at(const std::string& path);

/// Whether the repository has a file or directory of this path.
[[nodiscard]] bool exists(const std::string& path);

/// `path` without `.` and `..`.
[[nodiscard]] std::string normal(const std::string& path);

/// `text` in its original length, with comments and string contents blanked.
[[nodiscard]] std::string code_only(std::string_view text);

/// Whether `line` contains `word` as a whole word.
[[nodiscard]] bool has_word(std::string_view line, std::string_view word);

/// One `#include`.
struct include_line {
  std::string path;
  bool is_ours = false; ///< in quotes
  std::size_t line = 0; ///< from 1
};
[[nodiscard]] std::vector<include_line> includes_of(const source_file& file);

/// One function, or test, with its body.
struct function_span {
  std::size_t first = 0; ///< line of its opening brace, from 1
  std::size_t last = 0;  ///< line of its closing brace
};
[[nodiscard]] std::vector<function_span> functions_of(const source_file& file);

/// The prefix of a finding: `src/task/ledger.cpp:12: `.
[[nodiscard]] std::string at(const source_file& file, std::size_t line);

} // namespace belfry::tidy
