#pragma once

#include "source_tree.hpp"

#include <string>
#include <vector>

namespace belfry::tidy {

/// The words in `file` that its component may not use, each with what to write instead.
[[nodiscard]] std::vector<std::string> banned_words(const source_file& file);

/// Words of an earlier dialect in code, comments and texts of `file`, each with the field's term.
[[nodiscard]] std::vector<std::string> retired_words_in(const source_file& file);

} // namespace belfry::tidy
