#pragma once

#include "source_tree.hpp"

#include <string>
#include <vector>

namespace belfry::tidy {

/// The broken links of a Markdown file, and the paths it quotes that do not exist.
[[nodiscard]] std::vector<std::string> dead_links(const source_file& file);

} // namespace belfry::tidy
