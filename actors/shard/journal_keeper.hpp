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

/// Waits for the disk so that shards need not: gathers what all shards of the node want written,
/// writes it as one group and syncs once for all of it.
///
/// The only user of the journal that it opens. Ends with an error when the journal cannot be opened
/// or is done for (`io_error`): the next keeper opens it anew, and learns what the disk really
/// holds. Runs detached in production, because its calls block.
caf::behavior journal_keeper(caf::event_based_actor* self, journal_opener open);

} // namespace belfry
