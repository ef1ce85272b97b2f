#pragma once

#include "belfry/ids.hpp"
#include "task/granted_run.hpp"

#include <vector>

namespace belfry {

/// What a ledger's decisions ask of the world outside. The shard carries it out once every event
/// recorded until then is as durable as its level asks.
struct effects {
  std::vector<granted_run> grants;
  std::vector<granted_run> revokes; ///< runs to end
  std::vector<granted_run> recalls; ///< runs to give back if they have not begun
  std::vector<task_id> settled;
  std::vector<task_id> dead;    ///< of the settled tasks
  std::vector<session_id> lost; ///< sessions whose lease has ended
};

} // namespace belfry
