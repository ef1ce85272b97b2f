#pragma once

#include "belfry/ids.hpp"
#include "belfry/time.hpp"

#include <fstream>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace belfry::test {

/// The records of `belfry_recording_worker`, by the clock of this machine.
class run_records {
public:
  explicit run_records(const std::string& file) : file_(file) {}

  /// Reads the records added since the last call.
  void read_on();

  /// How many of `tasks` have no finished run.
  [[nodiscard]] std::size_t unfinished(const std::map<task_id, instant>& tasks) const;

  /// The violations, one line each: a start before the task is `due`, two ends of one run, a run
  /// that starts before an earlier run of the same task has ended or was told to stop.
  [[nodiscard]] std::vector<std::string> violations(const std::map<task_id, instant>& due) const;

  /// The longest delay between due time and start.
  [[nodiscard]] duration longest_delay(const std::map<task_id, instant>& due) const;

  /// The longest interval between `since` and `now` without a start of a run.
  [[nodiscard]] duration longest_pause(instant since, instant now) const;

private:
  struct recorded_run {
    instant start{};
    std::optional<instant> end; // Finished, or told to stop.
    bool has_finished = false;
    int ends = 0;
  };
  using runs = std::map<fencing_token, recorded_run>;

  void parse_line(const std::string& line);
  static void check_task(task_id task, const runs& all, std::vector<std::string>& violations);

  std::ifstream file_;
  std::map<task_id, runs> tasks_;
};

} // namespace belfry::test
