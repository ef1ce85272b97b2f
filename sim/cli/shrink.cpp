#include "cli/shrink.hpp"

#include "belfry/contract.hpp"

#include <algorithm>

namespace belfry::sim {

namespace {

constexpr duration length_min{100};

/// "nothing lost: task 1-7 is not …" breaks "nothing lost".
std::string promise_of(const std::string& broken) {
  return broken.substr(0, broken.find(':'));
}

class shrinker {
public:
  shrinker(const scenario_options& options, const run_report& report,
           const std::function<void(const shrunk_run&)>& tried)
      : best_{options, report, 0}, promise_(promise_of(report.broken.at(0))), tried_(tried) {
    best_.options.joins = report.joined;
    best_.options.servers = report.servers;
    best_.options.workers = report.workers;
    best_.options.printer = nullptr;
  }

  shrunk_run run() {
    while (without_one(&line_up::faults, 0) || without_one(&line_up::workloads, 1) ||
           with_fewer_workers() || with_less_time(2) || with_less_time(4)) {
    }
    return best_;
  }

private:
  bool without_one(std::vector<std::string> line_up::*sort, std::size_t least) {
    const auto names = (*best_.options.joins).*sort;
    for (std::size_t i = 0; names.size() > least && i < names.size(); ++i) {
      auto fewer = best_.options;
      auto& left = (*fewer.joins).*sort;
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

  /// By a `part`th.
  bool with_less_time(int part) {
    auto shorter = best_.options;
    shorter.length -= shorter.length / part;
    return shorter.length >= length_min && still_fails(shorter);
  }

  bool still_fails(const scenario_options& options) {
    auto report = run_scenario(options);
    const auto& broken = report.broken;
    const bool fails = std::any_of(broken.begin(), broken.end(),
                                   [&](const auto& one) { return promise_of(one) == promise_; });
    ++best_.tries;
    if (fails) {
      best_.options = options;
      best_.report = std::move(report);
    }
    tried_(best_);
    return fails;
  }

  shrunk_run best_;
  std::string promise_;
  const std::function<void(const shrunk_run&)>& tried_;
};

} // namespace

shrunk_run shrink(const scenario_options& options, const run_report& report,
                  const std::function<void(const shrunk_run&)>& tried) {
  expects(!report.ok(), "shrink: the run broke a promise");
  return shrinker{options, report, tried}.run();
}

} // namespace belfry::sim
