#pragma once

#include "journal/journal.hpp"

#include <caf/behavior.hpp>
#include <caf/event_based_actor.hpp>

#include <memory>

namespace belfry {

/// Waits for the disk so that shards need not: gathers what all shards of the node want written,
/// writes it as one group and syncs once for all of it.
///
/// The only user of `store`. Runs detached in production, because its calls block.
caf::behavior journal_keeper(caf::event_based_actor* self, std::shared_ptr<journal> store);

} // namespace belfry
