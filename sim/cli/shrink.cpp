#include "cli/shrink.hpp"

#include "belfry/contract.hpp"

#include <algorithm>

namespace belfry::sim {

namespace {

constexpr duration length_min{100};

/// "nothing lost: task 1-7 is not …" violates "nothing lost".
std::string invariant_of(const std::string& violations) {
  return violations.substr(0, violations.find(':'));
}

class shrinker {
public:
  shrinker(const scenario_options& options, const run_report& report,
           const std::function<void(const shrunk_run&)>& on_try)
      : best_{options, report, 0}, invariant_(invariant_of(report.violations.at(0))),
        on_try_(on_try) {
    best_.options.plan = report.plan;
    best_.options.servers = report.servers;
    best_.options.workers = report.workers;
    best_.options.printer = nullptr;
  }

  shrunk_run run() {
    while (without_one(&run_plan::faults, 0) || without_one(&run_plan::workloads, 1) ||
           with_fewer_workers() || with_less_time(2) || with_less_time(4)) {
    }
    return best_;
  }

private:
  bool without_one(std::vector<std::string> run_plan::*participants, std::size_t count_min) {
    const auto names = (*best_.options.plan).*participants;
    for (std::size_t i = 0; names.size() > count_min && i < names.size(); ++i) {
      auto fewer = best_.options;
      auto& left = (*fewer.plan).*participants;
      left.erase(left.begin() + static_cast<std::ptrdiff_t>(i));
      if (still_fails(fewer))
        return true;
    }
    return false;
  }

  bool with_fewer_workers() {
    auto fewer = best_.options;
    return *fewer.workers > 1 && (--*fewer.workers, still_fails(fewer));
  }

  /// Shorter by one `part`th.
  bool with_less_time(int part) {
    auto shorter = best_.options;
    shorter.length -= shorter.length / part;
    return shorter.length >= length_min && still_fails(shorter);
  }

  bool still_fails(const scenario_options& options) {
    auto report = run_scenario(options);
    const auto& violations = report.violations;
    const bool fails =
        std::any_of(violations.begin(), violations.end(),
                    [&](const auto& violation) { return invariant_of(violation) == invariant_; });
    ++best_.tries;
    if (fails) {
      best_.options = options;
      best_.report = std::move(report);
    }
    on_try_(best_);
    return fails;
  }

  shrunk_run best_;
  std::string invariant_;
  const std::function<void(const shrunk_run&)>& on_try_;
};

} // namespace

shrunk_run shrink(const scenario_options& options, const run_report& report,
                  const std::function<void(const shrunk_run&)>& on_try) {
  expects(!report.ok(), "shrink: the run failed");
  return shrinker{options, report, on_try}.run();
}

} // namespace belfry::sim
