#pragma once

#include <cstdint>
#include <cstdlib>

namespace belfry::test {

/// A number from the environment; `otherwise` if the variable is not set.
inline std::uint64_t number_from(const char* variable, std::uint64_t otherwise) {
  const auto* const text = std::getenv(variable);
  return text ? std::strtoull(text, nullptr, 10) : otherwise;
}

} // namespace belfry::test
