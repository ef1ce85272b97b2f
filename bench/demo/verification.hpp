#pragma once

#include "acknowledgement_log.hpp"
#include "plan.hpp"

#include "belfry/client.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace belfry::demo {

/// What is found out about the tasks of one group.
struct group_verification {
  std::size_t accepted = 0;
  std::size_t as_expected = 0;       ///< settled as planned
  std::size_t retried = 0;           ///< tasks with more than one attempt
  std::size_t retries = 0;           ///< attempts beyond the first
  std::size_t crashes = 0;           ///< attempts that were lost with their worker
  std::vector<std::int64_t> late_ms; ///< from being due to the start of the latest attempt
};

/// What was proved, and whatever contradicts it.
class verification {
public:
  /// Looks up every task that was promised, and the files that they should have left.
  verification(client& node, const std::vector<planned_task>& plan,
               const acknowledgement_log& acknowledged);
  /// Looks up the tasks of the schedule, which left files in `directory`.
  void check_schedule(client& node, const std::string& directory);

  /// The table, and below it what was proved or is wrong.
  void print(std::ostream& out) const;
  [[nodiscard]] bool is_complete() const { return faults_.empty(); }

private:
  void look_up(client& node, const planned_task& task, task_id id);
  void check_checksums();
  void check_copies();
  void count(group_verification& group, const task_info& found, bool is_expected);
  void add_discrepancy(std::string fault) { faults_.push_back(std::move(fault)); }

  struct checked_file {
    std::string source;
    std::string target;
    std::string checksum; ///< as the task told it
  };

  std::vector<std::pair<std::string, group_verification>> groups_;
  std::vector<checked_file> files_;
  std::size_t copies_checked_ = 0;
  std::vector<std::string> faults_;
};

} // namespace belfry::demo
