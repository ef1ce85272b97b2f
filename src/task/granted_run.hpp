#pragma once

#include "belfry/ids.hpp"

namespace belfry {

/// One task granted to a worker's session.
struct granted_run {
  session_id session;
  task_id task;
  fencing_token token;
};

} // namespace belfry
