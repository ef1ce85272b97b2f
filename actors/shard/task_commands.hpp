#pragma once

#include "belfry/result.hpp"

#include "task/ledger.hpp"
#include "wire/messages.pb.h"

namespace belfry {

/// Which tasks a client asks for.
[[nodiscard]] page_filter read_filter(const wire::ListTasks& from);

/// Carries out the cancel, requeue or change of one task. As part of a bulk command it is refused
/// with `errc::wrong_state` if the task is none of those that were listed any more.
///
/// Requires: the request is one of the three.
result<done> apply_to_task(ledger& tasks, const wire::Request& request, instant now);

} // namespace belfry
