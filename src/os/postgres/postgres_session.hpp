#pragma once

#include "os/postgres/postgres_connection.hpp"

#include <functional>
#include <memory>
#include <string>

namespace belfry {

/// The address of the shared database, and the cluster whose tables are used.
struct postgres_target {
  /// `postgresql://user@host:port/database`; several hosts and libpq's other settings are allowed.
  /// It must be the address of the server itself, or of a pool in session mode. A pool that gives
  /// each transaction to any session of the server is noticed, and does no harm:
  /// `open_postgres_session`.
  std::string uri;

  /// The cluster: clusters of different names can share a database. Each has a PostgreSQL schema of
  /// this name, and all its tables there. A letter, then up to 39 letters, digits and `_`, all
  /// small; no `pg_` in front.
  std::string cluster = "belfry";

  /// How long to wait for the result of one statement. The server cancels a statement after three
  /// quarters of it, so that a statement that takes too long is mostly known to be rolled back.
  duration statement_timeout{5'000};

  /// Called with a line for the log if a session overrides a setting of the server. May be empty.
  std::function<void(const std::string&)> log_line;
};

/// Opens a connection for a journal: to a server of version 14 or later that syncs its disk
/// (`fsync`) and is no standby, with `synchronous_commit` on for this session if it was weaker, and
/// fixed for this session in any case.
///
/// Statements name tables by `{schema}`, the schema of the cluster; the search path finds none of
/// them. The session has a random number of its own. `{is_own_session}` is true in this session of
/// the server while it commits synchronously; in every other one it is an error of the statement
/// (`postgres_error::is_foreign_session`), which then changes nothing. Every statement that changes
/// something requires it.
///
/// The failure is `invalid_argument` for a bad name or uri, for a server without `fsync` and for a
/// foreign session, `unavailable` if the server cannot be reached or is a standby.
[[nodiscard]] result<std::unique_ptr<postgres_connection>>
open_postgres_session(const postgres_target& target);

/// Whether `session` stays its own while another client is connected: then there is no pool before
/// the server that mixes sessions, or the pool is large enough to hide it for now. The failure is
/// `invalid_argument`, or that of an unreachable server. Requires: `session` is one of
/// `open_postgres_session`, with this target.
[[nodiscard]] result<done> check_own_session(postgres_connection& session,
                                             const postgres_target& target);

/// `error` for people, behind the name of the server; of a foreign session with the remedy.
[[nodiscard]] std::string postgres_error_text(const std::string& server,
                                              const postgres_error& error);

/// `error` as a `failure`.
[[nodiscard]] failure postgres_failure(const postgres_connection& connection,
                                       const postgres_error& error);

} // namespace belfry
