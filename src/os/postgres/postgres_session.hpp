#pragma once

#include "os/postgres/postgres_connection.hpp"

#include <functional>
#include <memory>
#include <string>

namespace belfry {

/// Where the shared database is, and which cluster's tables are meant.
struct postgres_target {
  /// `postgresql://user@host:port/database`; several hosts and libpq's other settings are allowed.
  /// It must lead to the server itself, or to a pool that gives each connection a session of its
  /// own.
  std::string uri;

  /// The cluster: clusters of different names can share a database. Each has a PostgreSQL schema of
  /// this name, and all its tables there. A letter, then up to 39 letters, digits and `_`, all
  /// small; no `pg_` in front.
  std::string cluster = "belfry";

  /// How long the answer to one statement is awaited. The server gives a statement up after three
  /// quarters of it, so that what takes too long is mostly known not to be done.
  duration statement_timeout{5'000};

  /// Told, in a line for the log, what a session sets that was set otherwise. May be empty.
  std::function<void(const std::string&)> log_line;
};

/// A connection that is fit to keep a journal: to a server of version 14 or later that syncs its
/// disk (`fsync`) and is not a standby, and with `synchronous_commit` on for this session if it was
/// any weaker. Names of tables mean those of the cluster.
///
/// The failure is `invalid_argument` for a bad name or uri and for a server without `fsync`,
/// `unavailable` if the server cannot be reached or is a standby.
[[nodiscard]] result<std::unique_ptr<postgres_connection>>
open_postgres_session(const postgres_target& place);

/// `error`, for a call that returns a `result`.
[[nodiscard]] failure postgres_failure(const postgres_connection& from,
                                       const postgres_error& error);

} // namespace belfry
