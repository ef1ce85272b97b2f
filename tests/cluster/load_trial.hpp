#pragma once

#include "run_records.hpp"
#include "steady_load.hpp"

#include "belfry/client.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>

namespace belfry::test {

/// A steady load on a node or a cluster, checked by the client's log and the records of the
/// workers. A step that takes longer than a minute fails the test.
class load_trial {
public:
  /// The effect of a fault or a command.
  struct outage {
    duration unacknowledged; ///< the longest wait of a task for its acknowledgement
    duration unstarted;      ///< the longest interval without a start of a run
  };

  /// Starts the load. Requires: the workers have opened the file of their records.
  load_trial(std::unique_ptr<client> load_client, const std::string& run_records_path,
             std::uint64_t seed);

  /// Waits until every shard has acknowledged a task that was submitted after this call.
  void await_progress();

  /// Waits until every shard acknowledges again, and until all tasks acknowledged by then have run
  /// and are listed as succeeded. Returns what the tasks waited for since `begin`.
  [[nodiscard]] outage outage_since(wait_clock::time_point begin);

  /// The longest delay between due time and start of the tasks acknowledged so far.
  [[nodiscard]] duration longest_delay();

  /// Ends the load, waits until all tasks have run, and checks that none was refused, lost, started
  /// early or run by two workers at once. `others`: further acknowledged tasks and their due times.
  void verify(const std::map<task_id, instant>& others = {});

  [[nodiscard]] client& load_client() { return load_.load_client(); }

private:
  void await_runs(const std::map<task_id, instant>& tasks);
  [[nodiscard]] std::string explain_open_tasks();
  void confirm(std::map<task_id, instant> tasks);
  [[nodiscard]] std::size_t count_succeeded(const std::map<task_id, instant>& tasks);

  steady_load load_;
  run_records records_;
  std::set<task_id> confirmed_; // Were listed as succeeded.
};

/// Prints and returns the seed of the environment variable BELFRY_SEED, or a fresh one.
[[nodiscard]] std::uint64_t seed_of_trial();

} // namespace belfry::test
