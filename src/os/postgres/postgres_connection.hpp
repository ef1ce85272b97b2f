#pragma once

#include "belfry/result.hpp"
#include "belfry/time.hpp"
#include "os/postgres/postgres_values.hpp"

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct pg_conn;
struct pg_result;

namespace belfry {

/// Why a statement failed.
struct postgres_error {
  std::string sqlstate;            ///< the server's error code; empty: an error of libpq
  std::string text;                ///< one line
  bool is_connection_lost = false; ///< the connection cannot be used any more
  bool is_in_doubt = false;        ///< whether the statement was executed is unknown

  /// Whether a later attempt may succeed: the server is unreachable, starts, stops or is a standby,
  /// lacks a resource other than disk space, timed out, or two transactions collided.
  [[nodiscard]] bool is_transient() const;

  /// Whether another session of the server executed the statement than the one that the connection
  /// was opened for: a pool between them gives each transaction to any session.
  [[nodiscard]] bool is_foreign_session() const;
};

/// The parameter that a statement names, and no server knows, when a foreign session executes it.
inline constexpr std::string_view foreign_session_parameter = "belfry.foreign_session";

/// The rows that a statement returned.
class postgres_rows {
public:
  postgres_rows() = default;
  explicit postgres_rows(pg_result* owned);

  [[nodiscard]] std::size_t size() const;

  /// Requires: the row and the column exist; the value is a number or a boolean.
  [[nodiscard]] std::uint64_t number(std::size_t row, int column) const;

  /// The bytes of a value, valid as long as the rows. A text is its bytes.
  [[nodiscard]] std::string_view bytes(std::size_t row, int column) const;

private:
  struct deleter {
    void operator()(pg_result* rows) const;
  };
  std::unique_ptr<pg_result, deleter> result_;
};

struct postgres_answer {
  std::optional<postgres_error> error;
  postgres_rows rows;
  std::vector<std::string> warnings; ///< of severity WARNING; notices are dropped

  [[nodiscard]] bool ok() const { return !error; }
};

/// A statement with parameters. A connection prepares it when it first runs it.
struct postgres_statement {
  const char* name; ///< unique, at most 22 bytes: with the schema the server keeps 63
  const char* sql;  ///< may contain `postgres_placeholders`
};

/// What a connection puts into its statements before the server sees them.
struct postgres_placeholders {
  std::string schema;         ///< for `{schema}`, quoted there: `{schema}.belfry_shard`
  std::string is_own_session; ///< for `{is_own_session}`: a condition
};

/// One connection to a PostgreSQL server, through libpq. Not thread-safe.
///
/// Nothing blocks for ever. Connecting is bounded by libpq (`connect_timeout`, for each address of
/// the server; only resolving a host name has the system's own timeouts). Each statement is sent
/// and awaited with non-blocking calls and `poll` up to its timeout, because no timeout of libpq or
/// the server covers everything: `statement_timeout` needs a running server, and does not include
/// the commit, which may wait for a standby; `tcp_user_timeout` does not fire if the kernel answers
/// for a stopped server.
class postgres_connection {
public:
  /// Connects to `uri` (`postgresql://…`, or libpq's `key=value …`). `timeout` limits a
  /// statement, and connecting, too, but to no less than libpq's minimum of 2 s.
  ///
  /// The failure is `invalid_argument` for an empty or malformed `uri`, else `unavailable`. No text
  /// repeats the uri, or more of it than names of settings: it may hold a password.
  [[nodiscard]] static result<std::unique_ptr<postgres_connection>> open(const std::string& uri,
                                                                         duration timeout);

  postgres_connection(const postgres_connection&) = delete;
  postgres_connection& operator=(const postgres_connection&) = delete;
  ~postgres_connection();

  /// Sets what the placeholders of all statements and scripts stand for. The server keeps each
  /// statement under a name that begins with the schema: should two clusters share a session of the
  /// server, neither executes the statements of the other. Requires: nothing has been run yet.
  void set_placeholders(postgres_placeholders placeholders);

  /// Whether the connection is open, as far as this end knows.
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

  postgres_connection(pg_conn* owned, duration timeout);

  [[nodiscard]] std::optional<postgres_error> prepare(const postgres_statement& statement);
  [[nodiscard]] std::string fill_placeholders(std::string sql) const;
  [[nodiscard]] postgres_answer collect(bool was_sent);
  [[nodiscard]] std::string await(instant_of_wait deadline);
  [[nodiscard]] postgres_error connection_lost(const std::string& reason) const;
  static void take_notice(void* self, const pg_result* notice);

  pg_conn* connection_; // Owned.
  duration statement_timeout_;
  std::string name_;
  postgres_placeholders placeholders_;
  std::map<std::string, std::string, std::less<>> prepared_; // Their names on the server, by name.
  std::vector<std::string> warnings_;                        // Of the statement that runs.
  bool is_ended_ = false; // The server has reported that it closes the connection.
};

} // namespace belfry
