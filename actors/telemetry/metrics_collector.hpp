#pragma once

#include "metrics/task_counters.hpp"

#include <caf/behavior.hpp>
#include <caf/event_based_actor.hpp>

#include <cstdint>
#include <map>
#include <memory>

namespace belfry {

/// By the index of the shard.
using counters_by_shard = std::map<std::uint16_t, task_counters>;

/// Gathers what the actors of a node say of themselves: for `report_metrics`, and for the health
/// that clients request. Costs nothing while nobody asks.
///
///     collector -> shards, journal keeper    collect_metrics
///     collector -> router                    request: the node's status
///     (all answer, or two seconds pass)
///     collector -> dispatcher                explain_lanes: those with ready tasks
///     (it answers, or half a second passes)
///     collector                              calls what waits
///
/// Who asks during a collection gets its result, too. What an actor that does not answer has
/// counted before still counts. Restarted by the supervisor; only questions under way are lost
/// then: `counters` holds what each shard has said last, also of those that have moved away, and
/// belongs to the present incarnation.
caf::behavior metrics_collector(caf::event_based_actor* self,
                                std::shared_ptr<counters_by_shard> counters);

} // namespace belfry
