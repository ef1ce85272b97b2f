#pragma once

#include <source_location>
#include <stdexcept>

namespace belfry {

/// Thrown by `expects`: a promise between two parts of belfry was broken. A bug, never bad input.
class contract_violation : public std::logic_error {
public:
  using std::logic_error::logic_error;
};

[[noreturn]] void report_violation(const char* contract, std::source_location where);

/// Throws a `contract_violation` that names `contract` and the caller's line unless `condition`.
/// Stays on in release builds.
inline void expects(bool condition, const char* contract,
                    std::source_location where = std::source_location::current()) {
  if (!condition)
    report_violation(contract, where);
}

} // namespace belfry
