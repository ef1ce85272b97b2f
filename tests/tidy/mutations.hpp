#pragma once

#include <string>
#include <vector>

namespace belfry::tidy {

/// The mutations of tests/mutations whose text does not occur exactly once in its file, or whose
/// coverage probe does not exist.
[[nodiscard]] std::vector<std::string> stale_mutations();

} // namespace belfry::tidy
