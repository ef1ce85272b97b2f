#pragma once

#include "time/cron.hpp"

#include <cstdint>
#include <vector>

namespace belfry {

/// Which runs of a schedule to launch now.
struct fire_plan {
  std::vector<instant> nominal; ///< oldest first
  instant last{};               ///< everything up to here is launched or passed over
};

/// What is due of `rule` after `last_nominal` and up to `now`, under the misfire policy. A run is
/// missed if it is more than a minute late or a later one is due as well. The work is bounded,
/// however long ago `last_nominal` is. `last` is `last_nominal` if nothing was due.
[[nodiscard]] fire_plan due_fires(const cron_rule& rule, misfire_policy misfire,
                                  std::uint32_t catch_up_max, instant last_nominal, instant now);

} // namespace belfry
