#pragma once

#include "journal/journal.hpp"
#include "journal/membership.hpp"
#include "os/postgres/postgres_session.hpp"

#include <cstdint>
#include <memory>

namespace belfry {

/// Which journal in a PostgreSQL database.
struct postgres_journal_options {
  postgres_target place;

  /// How many shards a new cluster is created for. 0 takes what is stored; any other number must
  /// be the stored one, because tasks are assigned to shards by it.
  std::uint16_t shards = 0;

  /// For which member of the cluster: it acquires only shards whose seats are that member's, others
  /// are `fenced`. Nobody: it acquires every shard.
  member_id owner{};
};

/// Opens the journal that all nodes of a cluster share, or creates it. Any number of nodes may have
/// it open, each with a connection of its own; the epoch decides which of them may write a shard.
///
/// Each call is one statement and one transaction, so that what is `ok` is durable at once (`sync`
/// has nothing to do) and a failure concerns that call alone:
/// - no clean answer came to what changes something, or it came with a warning (which is how
///   PostgreSQL says that a standby has not got it): `in_doubt`, for all batches of the statement.
///   Acquiring the shard and comparing the head tells: what is still under way on the server is
///   either written before that, or fenced off;
/// - the server could not be reached, gave the statement up, or collided with another for the
///   third time; or a read was cut short: `unavailable`, nothing was changed. The next call
///   connects anew, and waits no longer for that than a statement may take (at least 2 s);
/// - the server's disk is full: `no_space`. `has_space` is false then for a second, or until
///   something is written. Nobody tells how much space a server has left, so there is no reserve:
///   watch the server;
/// - the server says that its data are damaged, or a frame is: `corrupt`;
/// - a server reached anew has other tables or none, or `fsync` off, or it refuses what it must
///   allow: `io_error`, the engine is done.
///
/// A connection that was lost between two calls is not noticed by the caller: the next call makes
/// another. What the owner of an older epoch reads may be dropped under its eyes: `fenced`.
///
/// The failure is `invalid_argument` for wrong options, `wrong_state` for the tables of a newer
/// belfry, `unavailable` or `storage`; its text names server and database.
[[nodiscard]] result<std::shared_ptr<journal>>
open_postgres_journal(const postgres_journal_options& options);

/// The number of shards that the cluster was created for; if there is none yet, how many it should
/// have when nobody says: 16, enough to spread over nodes to come.
[[nodiscard]] result<std::uint16_t> cluster_shard_count(const postgres_target& place);

} // namespace belfry
