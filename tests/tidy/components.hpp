#pragma once

#include "source_tree.hpp"

#include <string>
#include <vector>

namespace belfry::tidy {

/// What `file` includes although its component may not; in words.
[[nodiscard]] std::vector<std::string> forbidden_includes(const source_file& file);

} // namespace belfry::tidy
