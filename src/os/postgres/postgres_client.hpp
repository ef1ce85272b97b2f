#pragma once

#include "journal/journal.hpp"
#include "os/postgres/growing_pause.hpp"
#include "os/postgres/postgres_session.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

namespace belfry {

/// Runs a cluster's statements on a session, which it reopens when it was lost, and maps errors to
/// `storage_status` as described at `open_postgres_journal`.
///
/// Not thread-safe. A call blocks for at most the timeouts of connecting and of one statement.
class postgres_client {
public:
  postgres_client(postgres_target target, std::unique_ptr<postgres_connection> session,
                  std::uint16_t shard_count);

  /// Runs a read-only statement: if it fails, nothing is in doubt.
  [[nodiscard]] storage_status query(const postgres_statement& statement,
                                     const postgres_parameters& parameters, postgres_rows& rows);
  /// Runs a statement that writes. A warning, such as a missing standby, leaves it `in_doubt`.
  /// While the database takes reads and no writes, it is asked to write with growing pauses; a call
  /// within a pause returns the last refusal.
  [[nodiscard]] storage_status execute(const postgres_statement& statement,
                                       const postgres_parameters& parameters, postgres_rows& rows);

  [[nodiscard]] std::uint16_t shard_count() const { return shard_count_; }
  /// Server and database, for messages.
  [[nodiscard]] const std::string& name() const { return name_; }
  /// Ok, or the error that every call returns from now on.
  [[nodiscard]] const storage_status& permanent_error() const { return permanent_error_; }

  /// Whether the server's disk has space, as far as is known.
  [[nodiscard]] bool has_space() const;
  /// To be called after a successful write.
  void clear_disk_full() { disk_full_until_ = {}; }

private:
  [[nodiscard]] storage_status connect();
  [[nodiscard]] postgres_answer run_with_retry(const postgres_statement& statement,
                                               const postgres_parameters& parameters);
  [[nodiscard]] storage_status status_of(const postgres_error& error);

  const postgres_target target_;
  std::unique_ptr<postgres_connection> session_; // Null: to be reopened.
  const std::uint16_t shard_count_;
  const std::string name_;
  storage_status permanent_error_;
  std::chrono::steady_clock::time_point disk_full_until_;
  growing_pause write_pause_; // While the database is read-only.
  storage_status read_only_status_;
};

} // namespace belfry
