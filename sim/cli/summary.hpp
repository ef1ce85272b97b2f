#pragma once

#include "scenario/scenario.hpp"

#include <string>
#include <vector>

namespace belfry::sim {

/// The totals of several runs.
class summary {
public:
  void add(const run_report& report);
  /// Adds the virtual time of the workloads and the real time spent on it.
  void add_work(std::chrono::nanoseconds virtual_time, std::chrono::nanoseconds spent);

  /// Prints a table. `spent` is the real time of all runs.
  void print(std::chrono::nanoseconds spent) const;

  [[nodiscard]] std::uint64_t failed() const { return failed_; }
  /// The coverage probes that no run hit.
  [[nodiscard]] std::vector<std::string> uncovered() const;

private:
  std::uint64_t runs_ = 0;
  std::uint64_t failed_ = 0;
  std::uint64_t steps_ = 0;
  world_time virtual_{};
  std::chrono::nanoseconds worked_{};        // Of that, with workloads.
  std::chrono::nanoseconds spent_on_work_{}; // In real time.
  run_counts sum_;
  coverage_counts coverage_;
};

} // namespace belfry::sim
