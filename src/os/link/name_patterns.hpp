#pragma once

#include <string>
#include <vector>

namespace belfry {

/// Whether one of `names` is in the list `allowed`, ignoring case. An entry
/// `*.example.org` means every name that ends in `.example.org`. An empty list allows all.
[[nodiscard]] bool is_allowed_name(const std::vector<std::string>& names,
                                   const std::vector<std::string>& allowed);

/// Whether `entry` is valid in such a list: a name, or `*.` and a name.
[[nodiscard]] bool is_name_pattern(const std::string& entry);

} // namespace belfry
