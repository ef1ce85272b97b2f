#pragma once

#include "scenario/scenario.hpp"

#include <string>
#include <vector>

namespace belfry::sim {

/// What several runs add up to.
class summary {
public:
  void add(const run_report& report);
  /// Users worked for so long, which took so long.
  void add_work(std::chrono::nanoseconds virtual_time, std::chrono::nanoseconds spent);

  /// As a table for people. `spent` is how long the runs took.
  void print(std::chrono::nanoseconds spent) const;

  [[nodiscard]] std::uint64_t failed() const { return failed_; }
  /// Situations that no run reached.
  [[nodiscard]] std::vector<std::string> uncovered() const;

private:
  std::uint64_t runs_ = 0;
  std::uint64_t failed_ = 0;
  std::uint64_t steps_ = 0;
  world_time virtual_{};
  std::chrono::nanoseconds worked_{};        // Of that, while users worked.
  std::chrono::nanoseconds spent_on_work_{}; // In real time.
  run_counts sum_;
  coverage_counts coverage_;
};

} // namespace belfry::sim
