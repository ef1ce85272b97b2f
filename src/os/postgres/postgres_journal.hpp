#pragma once

#include "journal/journal.hpp"
#include "journal/membership.hpp"
#include "os/postgres/postgres_session.hpp"

#include <cstdint>
#include <memory>

namespace belfry {

/// Selects a journal in a PostgreSQL database.
struct postgres_journal_options {
  postgres_target target;

  /// The number of shards of a new cluster. 0 uses the stored number; any other number must
  /// be the stored one, because tasks are assigned to shards by it.
  std::uint16_t shards = 0;

  /// The member of the cluster that uses the journal: it acquires only shards assigned to that
  /// member, others are `fenced`. 0: it acquires every shard.
  member_id owner{};
};

/// Opens or creates the journal that all nodes of a cluster share. Any number of nodes may have it
/// open, each with its own connection; the epoch decides which of them may write a shard.
///
/// Each call is one statement and one transaction: what is `ok` is durable at once (`sync` has
/// nothing to do), and a failure concerns only that call:
/// - a write got no clean answer, or a warning (PostgreSQL's way to report that a standby may not
///   have it): `in_doubt`, for all batches of the statement. To decide, acquire the shard and
///   compare the head: a write still running on the server is either visible by then, or fenced;
/// - the server is unreachable, gave the statement up, or the statement collided with another one
///   for the third time; or a read was interrupted: `unavailable`, nothing was changed. The next
///   call reconnects, for at most the statement timeout (at least 2 s);
/// - the server's disk is full: `no_space`. `has_space` is false then for a second, or until
///   a write succeeds. A server does not report its free space, so there is no reserve: monitor the
///   server;
/// - the server reports damaged data, or a frame is damaged: `corrupt`;
/// - another session of the server executed the statement, as a pool in transaction mode does it;
///   or after a reconnect the server has other tables or none, or `fsync` off, or it denies a
///   required permission: `io_error`; nothing was changed, and the engine has failed permanently.
///
/// A connection lost between two calls is replaced by the next call, unnoticed by the caller. While
/// the owner of an older epoch reads, its batches may be dropped: `fenced`.
///
/// The failure is `invalid_argument` for wrong options, `wrong_state` for the tables of a newer
/// belfry, `unavailable` or `storage`; its text names server and database.
[[nodiscard]] result<std::shared_ptr<journal>>
open_postgres_journal(const postgres_journal_options& options);

/// The number of shards that the cluster was created for; if it does not exist yet, the default:
/// 16, enough to spread over several nodes later. Refuses a pool that mixes sessions, as far as
/// `check_own_session` notices it, so that a node that asks at its start begins no work on it.
[[nodiscard]] result<std::uint16_t> cluster_shard_count(const postgres_target& target);

} // namespace belfry
