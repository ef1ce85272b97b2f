#pragma once

#include "belfry/result.hpp"

#include <string>

namespace belfry::shell {

/// The zone of local times: the one that `variable`, the value of TZ, names, or without TZ (a null
/// pointer) the machine's. As in libc a colon may stand before the name, the name may be the path
/// of a file of the time-zone database, and an empty TZ is UTC. A zone that cannot be read is a
/// failure, which quotes TZ: local times must not silently become those of another zone.
[[nodiscard]] result<std::string> local_zone(const char* variable);

} // namespace belfry::shell
