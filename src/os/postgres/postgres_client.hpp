#pragma once

#include "journal/journal.hpp"
#include "os/postgres/postgres_session.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

namespace belfry {

/// Runs a cluster's statements on a session that it opens anew when it was lost, and says how they
/// ended in the journal's words. `open_postgres_journal` tells what these mean.
///
/// Not thread-safe. Calls block, each for no longer than connecting and a statement may take.
class postgres_client {
public:
  postgres_client(postgres_target place, std::unique_ptr<postgres_connection> session,
                  std::uint16_t shards);

  /// Runs a statement that changes nothing: if it fails, nothing is in doubt.
  [[nodiscard]] storage_status query(const postgres_statement& statement,
                                     const postgres_parameters& parameters, postgres_rows& rows);
  /// Runs a statement that changes something. A warning says that it is not where it should be.
  [[nodiscard]] storage_status execute(const postgres_statement& statement,
                                       const postgres_parameters& parameters, postgres_rows& rows);

  [[nodiscard]] std::uint16_t shards() const { return shards_; }
  /// Of server and database, for messages.
  [[nodiscard]] const std::string& name() const { return name_; }
  /// Ok, or what every call answers from now on.
  [[nodiscard]] const storage_status& permanent_error() const { return permanent_error_; }

  /// Whether the server's disk has room, as far as is known.
  [[nodiscard]] bool has_space() const;
  /// Something was written: it has.
  void clear_disk_full() { disk_full_until_ = {}; }

private:
  [[nodiscard]] storage_status connect();
  [[nodiscard]] postgres_answer run_with_retry(const postgres_statement& statement,
                                               const postgres_parameters& parameters);
  [[nodiscard]] storage_status status_of(const postgres_error& error);

  const postgres_target place_;
  std::unique_ptr<postgres_connection> session_; // Null: to be opened anew.
  const std::uint16_t shards_;
  const std::string name_;
  storage_status permanent_error_;
  std::chrono::steady_clock::time_point disk_full_until_;
};

} // namespace belfry
