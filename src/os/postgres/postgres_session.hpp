#pragma once

#include "os/postgres/postgres_connection.hpp"

#include <functional>
#include <memory>
#include <string>

namespace belfry {

/// The address of the shared database, and the cluster whose tables are used.
struct postgres_target {
  /// `postgresql://user@host:port/database`; several hosts and libpq's other settings are allowed.
  /// It must be the address of the server itself, or of a pool in session mode.
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
/// (`fsync`) and is no standby, with `synchronous_commit` on for this session if it was weaker. The
/// search path is the schema of the cluster.
///
/// The failure is `invalid_argument` for a bad name or uri and for a server without `fsync`,
/// `unavailable` if the server cannot be reached or is a standby.
[[nodiscard]] result<std::unique_ptr<postgres_connection>>
open_postgres_session(const postgres_target& target);

/// `error` as a `failure`.
[[nodiscard]] failure postgres_failure(const postgres_connection& connection,
                                       const postgres_error& error);

} // namespace belfry
