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
class postgres_caller {
public:
  postgres_caller(postgres_place place, std::unique_ptr<postgres_connection> session,
                  std::uint16_t shards);

  /// Runs a statement that changes nothing: if it fails, nothing is in doubt.
  [[nodiscard]] status look_up(const postgres_statement& statement,
                               const postgres_parameters& parameters, postgres_rows& rows);
  /// Runs a statement that changes something. A warning says that it is not where it should be.
  [[nodiscard]] status change(const postgres_statement& statement,
                              const postgres_parameters& parameters, postgres_rows& rows);

  [[nodiscard]] std::uint16_t shards() const { return shards_; }
  /// Of server and database, for messages.
  [[nodiscard]] const std::string& name() const { return name_; }
  /// Ok, or what every call answers from now on.
  [[nodiscard]] const status& ended() const { return ended_; }

  /// Whether the server's disk has room, as far as is known.
  [[nodiscard]] bool has_room() const;
  /// Something was written: it has.
  void found_room() { full_until_ = {}; }

private:
  [[nodiscard]] status connect();
  [[nodiscard]] postgres_answer ask(const postgres_statement& statement,
                                    const postgres_parameters& parameters);
  [[nodiscard]] status failed(const postgres_error& error);

  const postgres_place place_;
  std::unique_ptr<postgres_connection> session_; // Null: to be opened anew.
  const std::uint16_t shards_;
  const std::string name_;
  status ended_;
  std::chrono::steady_clock::time_point full_until_;
};

} // namespace belfry
