#pragma once

#include "belfry/result.hpp"
#include "belfry/task.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace belfry::demo {

/// A task of the demonstration, and what is to be proved of it afterwards.
struct planned_task {
  task_spec spec;
  std::string group;  ///< the row of the table that counts it
  std::string source; ///< a file that it reads; empty: none
  std::string target; ///< the compressed copy that it writes
  task_state expected = task_state::succeeded;
};

/// Compresses and sums up `count` files of this machine, into `directory`: some at once, some
/// urgent, some later, some in a queue of little weight; beside them tasks that fail twice before
/// they succeed, and one that kills every worker that runs it.
std::vector<planned_task> plan_files(std::size_t count, const std::string& directory);

/// What the schedule runs again and again: leaves a file named after its task in `directory`.
schedule_spec plan_schedule(const std::string& directory);

/// Replays a trace: a CSV file with the columns submit_time_s, task_type, tenant, run_time_s and
/// status, in order of time. `speedup` of 0: so that it takes half a minute.
struct replay {
  std::string file;
  double speedup = 0;
  std::size_t rows_max = 0;
};
/// The task of each row is due at its time, waits in its tenant's queue and sleeps for its run
/// time. Rows that failed fail.
result<std::vector<planned_task>> plan_trace(const replay& replayed, instant start);

} // namespace belfry::demo
