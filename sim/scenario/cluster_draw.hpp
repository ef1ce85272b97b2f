#pragma once

#include "random/prng.hpp"
#include "scenario/cluster.hpp"
#include "scenario/scenario.hpp"

namespace belfry::sim {

/// Draws the cluster of a run: its size, its limits and the time at which it starts. Sizes that
/// `options` give replace the drawn ones and leave all other draws as they are.
[[nodiscard]] cluster_options draw_cluster(const scenario_options& options, const run_plan& plan,
                                           prng& random);

} // namespace belfry::sim
