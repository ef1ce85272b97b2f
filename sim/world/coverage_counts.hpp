#pragma once

#include "belfry/coverage_probe.hpp"

#include <cstdint>
#include <map>
#include <string>

namespace belfry::sim {

/// How often each situation of the program was reached.
using coverage_counts = std::map<std::string, std::uint64_t>;

inline coverage_counts read_coverage() {
  coverage_counts counts;
  for (const auto* one : coverage_probe::all())
    counts[one->name()] = one->count();
  return counts;
}

/// While it lives nothing counts: what is done then is not real.
class coverage_paused {
public:
  coverage_paused() = default;
  ~coverage_paused() {
    for (auto* one : coverage_probe::all())
      one->set_count(before_.at(one->name()));
  }
  coverage_paused(const coverage_paused&) = delete;
  coverage_paused& operator=(const coverage_paused&) = delete;

private:
  coverage_counts before_ = read_coverage();
};

} // namespace belfry::sim
