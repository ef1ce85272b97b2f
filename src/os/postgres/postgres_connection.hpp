#pragma once

#include "belfry/result.hpp"
#include "belfry/time.hpp"
#include "os/postgres/postgres_values.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

struct pg_conn;
struct pg_result;

namespace belfry {

/// Why a statement failed.
struct postgres_error {
  std::string sqlstate;            ///< what the server calls it; empty: libpq noticed it
  std::string text;                ///< one line for people
  bool is_connection_lost = false; ///< the connection is of no use any more
  bool is_in_doubt = false; ///< no clean answer came: whether the statement was done is unknown

  /// Whether what was wrong passes by itself: the server is away, starts, stops, or is a standby
  /// now; it lacks something (but for disk space), waited too long, or two transactions collided.
  [[nodiscard]] bool is_transient() const;
};

/// The rows that a statement returned.
class postgres_rows {
public:
  postgres_rows() = default;
  explicit postgres_rows(pg_result* owned);

  [[nodiscard]] std::size_t size() const;

  /// Requires: the row and the column exist; the value is a number or a truth.
  [[nodiscard]] std::uint64_t number(std::size_t row, int column) const;

  /// The bytes of a value, valid as long as the rows are. A text is its bytes.
  [[nodiscard]] std::string_view bytes(std::size_t row, int column) const;

private:
  struct clear {
    void operator()(pg_result* held) const;
  };
  std::unique_ptr<pg_result, clear> held_;
};

struct postgres_answer {
  std::optional<postgres_error> error;
  postgres_rows rows;
  std::vector<std::string> warnings; ///< of severity WARNING; notices are dropped

  [[nodiscard]] bool ok() const { return !error; }
};

/// A statement with parameters. A connection prepares it when it first runs it.
struct postgres_statement {
  const char* name; ///< no other statement has it
  const char* sql;
};

/// One connection to a PostgreSQL server, through libpq. Not thread-safe.
///
/// Nothing blocks for ever. Connecting is bounded by libpq (`connect_timeout`, for each address of
/// the server; only the look-up of a host name has limits of its own, those of the system). Each
/// statement is sent and awaited without blocking, with `poll` up to its limit, because none of
/// libpq's or the server's own limits covers everything: `statement_timeout` needs a server that
/// runs and ends before the commit, which may wait for a standby; `tcp_user_timeout` is met by a
/// kernel that answers for a server that is stopped.
class postgres_connection {
public:
  /// Connects to `uri` (`postgresql://…`, or libpq's `key=value …`). A statement may take `limit`;
  /// connecting as well, but never less than libpq's 2 s.
  ///
  /// The failure is `invalid_argument` for a malformed `uri`, else `unavailable`. No text repeats
  /// the uri: it may hold a password.
  [[nodiscard]] static result<std::unique_ptr<postgres_connection>> open(const std::string& uri,
                                                                         duration limit);

  postgres_connection(const postgres_connection&) = delete;
  postgres_connection& operator=(const postgres_connection&) = delete;
  ~postgres_connection();

  /// Whether the server has not ended the connection, as far as this end has heard.
  [[nodiscard]] bool is_alive();

  /// Runs one statement.
  [[nodiscard]] postgres_answer run(const postgres_statement& statement,
                                    const postgres_parameters& parameters = {});

  /// Runs `sql`, which may be several statements. They have no parameters and return no rows.
  [[nodiscard]] postgres_answer run_script(const std::string& sql);

  /// Which server and database this is, for messages.
  [[nodiscard]] const std::string& name() const { return name_; }

private:
  using instant_of_wait = std::chrono::steady_clock::time_point;

  postgres_connection(pg_conn* owned, duration limit);

  [[nodiscard]] std::optional<postgres_error> prepare(const postgres_statement& statement);
  [[nodiscard]] postgres_answer collect(bool was_sent);
  [[nodiscard]] std::string await(instant_of_wait end);
  [[nodiscard]] postgres_error connection_lost(const std::string& why) const;
  static void take_notice(void* self, const pg_result* notice);

  pg_conn* connection_; // Owned.
  duration limit_;
  std::string name_;
  std::set<std::string> prepared_;    // Names of statements.
  std::vector<std::string> warnings_; // Of the statement that runs.
  bool is_ended_ = false;             // The server said so, between two statements.
};

} // namespace belfry
