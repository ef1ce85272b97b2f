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

/// What `belfry_recording_worker` has noted, by the clock of this machine.
class run_records {
public:
  explicit run_records(const std::string& file) : file_(file) {}

  /// Reads what came since the last time.
  void read_on();

  /// How many of `tasks` have no run that finished.
  [[nodiscard]] std::size_t unfinished(const std::map<task_id, instant>& tasks) const;

  /// What must not be: a start before the task is `due`, two ends of one run, a run that begins
  /// before an earlier one of the same task has ended or was told to stop. One line each.
  [[nodiscard]] std::vector<std::string> violations(const std::map<task_id, instant>& due) const;

  /// The longest that one of these has waited from when it was due until it began.
  [[nodiscard]] duration longest_delay(const std::map<task_id, instant>& due) const;

  /// The longest time between `from` and now in which no run began.
  [[nodiscard]] duration longest_pause(instant from, instant now) const;

private:
  struct recorded_run {
    instant start{};
    std::optional<instant> end; // Finished, or told to stop.
    bool has_finished = false;
    int ends = 0;
  };
  using runs = std::map<fencing_token, recorded_run>;

  void take(const std::string& line);
  static void look_at(task_id task, const runs& all, std::vector<std::string>& violations);

  std::ifstream file_;
  std::map<task_id, runs> tasks_;
};

} // namespace belfry::test
