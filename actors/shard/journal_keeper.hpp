#pragma once

#include "belfry/result.hpp"
#include "journal/journal.hpp"

#include <caf/behavior.hpp>
#include <caf/event_based_actor.hpp>

#include <functional>
#include <memory>

namespace belfry {

/// Opens a node's journal.
using journal_opener = std::function<result<std::shared_ptr<journal>>()>;

/// Waits for the disk so that shards need not: gathers the batches of all shards of the node,
/// writes them as one group and syncs once for the group.
///
/// The only user of the journal that it opens. Ends with an error when the journal cannot be opened
/// or has failed (`io_error`): the restarted keeper opens it again, and so learns what the disk
/// holds. Runs detached in production, because its calls block.
caf::behavior journal_keeper(caf::event_based_actor* self, journal_opener open);

} // namespace belfry
