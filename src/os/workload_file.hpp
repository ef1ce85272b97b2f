#pragma once

#include "belfry/result.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace belfry {

/// One task of a recorded workload.
struct workload_row {
  double submit_s = 0; ///< seconds since the first row
  double run_s = 0;
  std::string type;
  std::string tenant;
  bool has_failed = false; ///< or timed out
};

/// Reads the first `rows_max` rows of a CSV file with the columns submit_time_s, task_type, tenant,
/// run_time_s and status, in any order and beside other columns; cells hold no commas. Sorts them
/// by submit time. The failure names the file or the row, and what was expected.
[[nodiscard]] result<std::vector<workload_row>> read_workload(const std::string& file,
                                                              std::size_t rows_max);

} // namespace belfry
