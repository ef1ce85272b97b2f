#pragma once

#include "checkers/checker.hpp"
#include "observation/lost_runs.hpp"
#include "world/trace.hpp"

#include "belfry/clock.hpp"

#include <memory>
#include <string>
#include <vector>

namespace belfry::sim {

/// How many events of each kind a run had.
struct run_counts {
  std::uint64_t offered = 0;
  std::uint64_t accepted = 0;
  std::uint64_t duplicates = 0;
  std::uint64_t deferred = 0;
  std::uint64_t refused = 0;
  std::uint64_t changed = 0; ///< how often a task was changed or deleted
  std::uint64_t started = 0;
  std::uint64_t failed = 0;
  std::uint64_t crashed = 0;
  std::uint64_t faults = 0;

  [[nodiscard]] std::uint64_t answered() const { return accepted + deferred + refused; }
};

/// Passes each observation of a cluster to every checker and to the trace. Runs that go on though
/// their server has lost its disk are observed only by the checkers that ask for them.
class history {
public:
  history(trace& events, std::shared_ptr<const clock> time,
          std::vector<std::unique_ptr<checker>> checkers)
      : trace_(events), time_(std::move(time)), checkers_(std::move(checkers)) {}

  void record(const observation& event);

  /// Whether a checker has found a violation so far.
  [[nodiscard]] bool has_violations() const;
  /// The violations found so far, as text.
  [[nodiscard]] std::vector<std::string> violations() const;
  /// Ends the history and returns all violations.
  [[nodiscard]] std::vector<std::string> finish();
  [[nodiscard]] const run_counts& counts() const { return counts_; }

private:
  void count(const observation& event);

  trace& trace_;
  std::shared_ptr<const clock> time_;
  std::vector<std::unique_ptr<checker>> checkers_;
  lost_runs lost_runs_;
  run_counts counts_;
};

} // namespace belfry::sim
