#include "links.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace belfry::tidy {

namespace {

/// The anchor of a heading: lower case, blanks become dashes, punctuation is dropped.
std::string anchor_of(std::string_view heading) {
  std::string anchor;
  for (const unsigned char letter : heading)
    if (letter == ' ')
      anchor += '-';
    else if (std::isalnum(letter) != 0 || letter == '-' || letter == '_' || letter >= 0x80)
      anchor += static_cast<char>(std::tolower(letter));
  return anchor;
}

bool has_anchor(const source_file& file, const std::string& anchor) {
  bool is_quoted = false;
  for (const auto& line : file.lines) {
    if (line.starts_with("```"))
      is_quoted = !is_quoted;
    const auto text = std::min(line.find_first_not_of('#'), line.size());
    if (!is_quoted && text > 0 && text < line.size() && line[text] == ' ' &&
        anchor_of(line.substr(text + 1)) == anchor)
      return true;
  }
  return false;
}

bool resolves(const source_file& document, const std::string& link) {
  if (link.starts_with("http://") || link.starts_with("https://") || link.starts_with("mailto:"))
    return true;
  const auto hash = link.find('#');
  const auto target = link.substr(0, hash);
  const auto slash = document.path.rfind('/');
  const auto base = slash == std::string::npos ? "" : document.path.substr(0, slash + 1);
  const auto path = target.empty() ? document.path : normal(base + target);
  if (!exists(path))
    return false;
  const auto* file = file_at(path);
  return hash == std::string::npos || !file || has_anchor(*file, link.substr(hash + 1));
}

/// The texts between `open` and `close` in `line`.
std::vector<std::string> between(const std::string& line, std::string_view open,
                                 std::string_view close) {
  std::vector<std::string> found;
  for (auto begin = line.find(open); begin != std::string::npos; begin = line.find(open, begin)) {
    begin += open.size();
    const auto end = line.find(close, begin);
    if (end == std::string::npos)
      break;
    found.push_back(line.substr(begin, end - begin));
    begin = end + close.size();
  }
  return found;
}

/// Whether `quoted` has the form of a path of this repository.
bool is_path(const std::string& quoted) {
  static constexpr std::array folders{"include/", "src/",   "actors/",   "sim/",
                                      "tests/",   "bench/", "docs/",     "scripts/",
                                      "cmake/",   ".ci/",   "packaging/"};
  return std::any_of(folders.begin(), folders.end(),
                     [&](const char* folder) { return quoted.starts_with(folder); }) &&
         quoted.find_first_of(" *{<$…") == std::string::npos;
}

} // namespace

std::vector<std::string> dead_links(const source_file& file) {
  std::vector<std::string> findings;
  bool is_quoted = false;
  for (std::size_t i = 0; i < file.lines.size(); ++i) {
    const auto& line = file.lines[i];
    if (line.starts_with("```"))
      is_quoted = !is_quoted;
    if (is_quoted)
      continue;
    for (const auto& link : between(line, "](", ")"))
      if (!resolves(file, link))
        findings.push_back(at(file, i + 1) + "the link '" + link + "' is broken");
    for (const auto& quoted : between(line, "`", "`"))
      if (is_path(quoted) && !exists(quoted.substr(0, quoted.find(':'))))
        findings.push_back(at(file, i + 1) + "there is no '" + quoted + "'");
  }
  return findings;
}

} // namespace belfry::tidy
