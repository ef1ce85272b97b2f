#pragma once

#include "source_tree.hpp"

#include <string>
#include <vector>

namespace belfry::tidy {

/// The calls in `file` that log a text under a name which others may have chosen (`name={}`,
/// `reason={}`, `kind={}` …) without `log_value` or `printable`.
[[nodiscard]] std::vector<std::string> unescaped_log_values(const source_file& file);

} // namespace belfry::tidy
