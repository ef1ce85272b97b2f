#include "source_tree.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace belfry::tidy {

namespace fs = std::filesystem;

namespace {

const fs::path root{BELFRY_SOURCE_DIRECTORY};

constexpr std::array folders{"include", "src",  "actors",  "sim",  "tests",
                             "bench",   "docs", "scripts", "cmake"};
constexpr std::array endings{".cpp", ".hpp",      ".proto",        ".cmake",
                             ".md",  ".mutation", "CMakeLists.txt"};

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in{text};
  for (std::string line; std::getline(in, line);)
    lines.push_back(line);
  return lines;
}

source_file read_file(const std::string& path) {
  std::ifstream in{root / path};
  std::ostringstream text;
  text << in.rdbuf();
  source_file file{.path = path, .text = text.str(), .code = {}, .lines = {}, .coded = {}};
  file.code = file.is_cpp() ? code_only(file.text) : file.text;
  file.lines = lines_of(file.text);
  file.coded = lines_of(file.code);
  return file;
}

bool is_of_interest(const std::string& path) {
  return std::any_of(endings.begin(), endings.end(),
                     [&](const char* ending) { return path.ends_with(ending); });
}

std::vector<source_file> read_all() {
  std::vector<std::string> paths;
  for (const auto& entry : fs::directory_iterator{root})
    if (entry.is_regular_file())
      paths.push_back(fs::relative(entry.path(), root));
  for (const auto* folder : folders)
    if (fs::exists(root / folder))
      for (const auto& entry : fs::recursive_directory_iterator{root / folder})
        if (entry.is_regular_file())
          paths.push_back(fs::relative(entry.path(), root));
  std::sort(paths.begin(), paths.end());
  std::vector<source_file> files;
  for (const auto& path : paths)
    if (is_of_interest(path))
      files.push_back(read_file(path));
  return files;
}

bool is_word_letter(char letter) {
  return std::isalnum(static_cast<unsigned char>(letter)) != 0 || letter == '_';
}

/// The end of the comment, string or character that starts at `begin`; `begin` if none does.
std::size_t end_of_uncoded(std::string_view text, std::size_t begin) {
  const auto rest = text.substr(begin);
  const auto end_after = [&](std::string_view mark, std::size_t skipped) {
    const auto found = text.find(mark, begin + skipped);
    return found == std::string_view::npos ? text.size() : found + mark.size();
  };
  if (rest.starts_with("//"))
    return std::min(text.find('\n', begin), text.size());
  if (rest.starts_with("/*"))
    return end_after("*/", 2);
  if (rest.starts_with("R\"")) {
    const auto open = rest.find('(');
    return end_after(")" + std::string{rest.substr(2, open - 2)} + "\"", open);
  }
  const bool is_separator =
      rest[0] == '\'' && begin > 0 && is_word_letter(text[begin - 1]); // As in 1'000.
  if ((rest[0] != '"' && rest[0] != '\'') || is_separator)
    return begin;
  auto end = begin + 1;
  while (end < text.size() && text[end] != rest[0])
    end += text[end] == '\\' ? 2 : 1;
  return std::min(end + 1, text.size());
}

/// Whether the braces after `head` hold declarations (of a namespace or class), not statements.
bool opens_scope(const std::string& head) {
  for (const std::string word : {"namespace", "class", "struct", "union", "enum", "extern"})
    if (const auto found = head.rfind(word); found != std::string::npos &&
                                             has_word(head.substr(found), word) &&
                                             head.find('(', found) == std::string::npos)
      return true;
  return false;
}

/// Whether the braces after `head`, in a scope, hold statements. After the initializers of a
/// constructor nothing but a comma is left of its head.
bool opens_function(const std::string& head) {
  const auto begin = head.find_first_not_of(" \n");
  return begin == std::string::npos || head[begin] == ',' || head.find('(') != std::string::npos;
}

} // namespace

bool source_file::is_in(std::string_view folder) const {
  return path.starts_with(folder) && path.size() > folder.size() && path[folder.size()] == '/';
}

std::string source_file::stem() const {
  return fs::path{path}.stem();
}

const std::vector<source_file>& all_files() {
  static const auto files = read_all();
  return files;
}

const source_file* file_at(const std::string& path) {
  const auto& files = all_files();
  const auto found = std::find_if(files.begin(), files.end(),
                                  [&](const source_file& file) { return file.path == path; });
  return found == files.end() ? nullptr : &*found;
}

bool exists(const std::string& path) {
  return fs::exists(root / path);
}

std::string normal(const std::string& path) {
  return fs::path{path}.lexically_normal();
}

std::string code_only(std::string_view text) {
  std::string code{text};
  for (std::size_t i = 0; i < text.size();) {
    const auto end = end_of_uncoded(text, i);
    for (auto j = i; j < end; ++j)
      if (code[j] != '\n' && code[j] != '"')
        code[j] = ' ';
    i = std::max(end, i + 1);
  }
  return code;
}

bool has_word(std::string_view line, std::string_view word) {
  for (auto found = line.find(word); found != std::string_view::npos;
       found = line.find(word, found + 1)) {
    const bool begins = found == 0 || !is_word_letter(line[found - 1]);
    const auto end = found + word.size();
    if (begins && (end == line.size() || !is_word_letter(line[end]) ||
                   !is_word_letter(word.back()) || word.ends_with('_')))
      return true;
  }
  return false;
}

std::vector<include_line> includes_of(const source_file& file) {
  std::vector<include_line> found;
  for (std::size_t i = 0; i < file.lines.size(); ++i) {
    std::string_view line = file.lines[i];
    if (!line.starts_with("#include "))
      continue;
    line.remove_prefix(9);
    const auto end = line.find_first_of("\">", 1);
    found.push_back({std::string{line.substr(1, end - 1)}, line[0] == '"', i + 1});
  }
  return found;
}

std::vector<function_span> functions_of(const source_file& file) {
  struct block {
    bool is_scope;
    bool is_function;
    std::size_t line;
  };
  std::vector<function_span> found;
  std::vector<block> open;
  std::string head; // What stands before the next brace.
  std::size_t line = 1;
  for (const char letter : file.code) {
    line += letter == '\n' ? 1 : 0;
    if (letter == '{') {
      const bool is_scope = opens_scope(head);
      const bool is_in_scope = open.empty() || open.back().is_scope;
      open.push_back({is_scope, !is_scope && is_in_scope && opens_function(head), line});
    } else if (letter == '}' && !open.empty()) {
      if (open.back().is_function)
        found.push_back({open.back().line, line});
      open.pop_back();
    }
    if (letter == '{' || letter == '}' || letter == ';')
      head.clear();
    else
      head += letter;
  }
  return found;
}

std::string at(const source_file& file, std::size_t line) {
  return file.path + ":" + std::to_string(line) + ": ";
}

} // namespace belfry::tidy
