#include "cli/summary.hpp"

#include <cinttypes>
#include <cstdio>

namespace belfry::sim {

namespace {

double seconds(std::chrono::nanoseconds span) {
  return std::chrono::duration<double>(span).count();
}

void print_row(const char* label, std::uint64_t count) {
  std::printf("%-42s %12" PRIu64 "\n", label, count);
}

} // namespace

void summary::add(const run_report& report) {
  ++runs_;
  failed_ += report.ok() ? 0 : 1;
  virtual_ += report.elapsed;
  steps_ += report.steps;
  const auto& counts = report.counts;
  sum_.offered += counts.offered;
  sum_.accepted += counts.accepted;
  sum_.duplicates += counts.duplicates;
  sum_.deferred += counts.deferred;
  sum_.refused += counts.refused;
  sum_.started += counts.started;
  sum_.failed += counts.failed;
  sum_.crashed += counts.crashed;
  sum_.faults += counts.faults;
  for (const auto& [name, count] : report.coverage)
    coverage_[name] += count;
}

void summary::add_work(std::chrono::nanoseconds virtual_time, std::chrono::nanoseconds spent) {
  worked_ += virtual_time;
  spent_on_work_ += spent;
}

void summary::print(std::chrono::nanoseconds spent) const {
  std::printf("\n");
  print_row("runs", runs_);
  print_row("of them failed", failed_);
  print_row("tasks submitted", sum_.offered);
  print_row("acknowledged", sum_.accepted);
  print_row("of them duplicates by key", sum_.duplicates);
  print_row("accepted by an outbox", sum_.deferred);
  print_row("refused", sum_.refused);
  print_row("handlers started", sum_.started);
  print_row("of them failed", sum_.failed);
  print_row("of them crashed with their worker", sum_.crashed);
  print_row("faults", sum_.faults);
  print_row("messages handled", steps_);
  std::printf("%-42s %12.1f\n", "virtual seconds", seconds(virtual_));
  std::printf("%-42s %12.1f\n", "virtual seconds per second", seconds(virtual_) / seconds(spent));
  if (spent_on_work_ > std::chrono::nanoseconds{0})
    std::printf("%-42s %12.1f\n", "while workloads run",
                seconds(worked_) / seconds(spent_on_work_));
  const auto missed = uncovered();
  std::printf("%-42s %7zu of %zu\n", "coverage probes hit", coverage_.size() - missed.size(),
              coverage_.size());
  for (const auto& name : missed)
    std::printf("  never: %s\n", name.c_str());
}

std::vector<std::string> summary::uncovered() const {
  std::vector<std::string> names;
  for (const auto& [name, count] : coverage_)
    if (count == 0)
      names.push_back(name);
  return names;
}

} // namespace belfry::sim
