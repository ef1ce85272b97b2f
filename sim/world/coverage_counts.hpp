#pragma once

#include "belfry/coverage_probe.hpp"

#include <cstdint>
#include <map>
#include <string>

namespace belfry::sim {

/// How often each coverage probe of the program was hit.
using coverage_counts = std::map<std::string, std::uint64_t>;

inline coverage_counts read_coverage() {
  coverage_counts counts;
  for (const auto* probe : coverage_probe::all())
    counts[probe->name()] = probe->count();
  return counts;
}

/// Restores all counts when destroyed: hits during its scope are not part of the run.
class coverage_paused {
public:
  coverage_paused() = default;
  ~coverage_paused() {
    for (auto* probe : coverage_probe::all())
      probe->set_count(before_.at(probe->name()));
  }
  coverage_paused(const coverage_paused&) = delete;
  coverage_paused& operator=(const coverage_paused&) = delete;

private:
  coverage_counts before_ = read_coverage();
};

} // namespace belfry::sim
