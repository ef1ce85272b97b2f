#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace belfry {

/// The parts of `text` between `separator`s; at least one. They point into `text`.
[[nodiscard]] std::vector<std::string_view> split(std::string_view text, char separator);

/// `texts` with `separator` between them. Empty texts before the first other one are left out.
[[nodiscard]] std::string join(const std::vector<std::string>& texts, std::string_view separator);

} // namespace belfry
