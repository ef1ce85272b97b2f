#include "os/link/name_patterns.hpp"

#include <algorithm>

namespace belfry {

namespace {

/// Independent of the locale.
std::string lower(std::string text) {
  for (auto& letter : text)
    if (letter >= 'A' && letter <= 'Z')
      letter = static_cast<char>(letter - 'A' + 'a');
  return text;
}

bool matches(const std::string& name, const std::string& entry) {
  if (!entry.starts_with("*."))
    return name == entry;
  const auto ending = entry.substr(1);
  return name.size() > ending.size() && name.ends_with(ending);
}

} // namespace

bool is_allowed_name(const std::vector<std::string>& names,
                     const std::vector<std::string>& allowed) {
  if (allowed.empty())
    return true;
  return std::any_of(names.begin(), names.end(), [&](const std::string& name) {
    return std::any_of(allowed.begin(), allowed.end(), [&](const std::string& entry) {
      return matches(lower(name), lower(entry));
    });
  });
}

bool is_name_pattern(const std::string& entry) {
  const auto name = entry.starts_with("*.") ? entry.substr(2) : entry;
  return !name.empty() && name.front() != '.' && name.find('*') == std::string::npos;
}

} // namespace belfry
