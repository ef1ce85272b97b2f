#pragma once

#include <string>
#include <vector>

namespace belfry::tidy {

/// The deliberate bugs of tests/mutations whose text does not stand exactly once in their file.
[[nodiscard]] std::vector<std::string> stale_mutations();

} // namespace belfry::tidy
