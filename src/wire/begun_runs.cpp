#include "wire/begun_runs.hpp"

#include "task/task_record.hpp"

#include <algorithm>

namespace belfry::wire {

duration ago_of(std::int64_t at_ms, std::int64_t clock_ms) {
  if (at_ms >= clock_ms)
    return duration{0};
  // Unsigned: whatever the peer sends, the difference is in range.
  const auto ago = static_cast<std::uint64_t>(clock_ms) - static_cast<std::uint64_t>(at_ms);
  return duration{std::min(ago, static_cast<std::uint64_t>(started_ago_max.count()))};
}

std::vector<begun_run> begun_runs_of(const google::protobuf::RepeatedPtrField<RunRef>& runs,
                                     std::int64_t clock_ms, shard_id shard) {
  std::vector<begun_run> begun;
  for (const auto& run : runs)
    if (const task_id task{run.task()}; run.has_began_ms() && task.shard() == shard)
      begun.push_back({task, {run.token()}, ago_of(run.began_ms(), clock_ms)});
  return begun;
}

} // namespace belfry::wire
