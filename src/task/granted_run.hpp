#pragma once

#include "belfry/ids.hpp"
#include "belfry/time.hpp"

namespace belfry {

/// One task granted to a worker's session.
struct granted_run {
  session_id session;
  task_id task;
  fencing_token token;
};

/// A granted run whose handler began `ago` before its worker said so.
struct begun_run {
  task_id task;
  fencing_token token;
  duration ago{0};
};

} // namespace belfry
