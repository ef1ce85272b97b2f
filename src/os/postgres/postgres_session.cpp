#include "os/postgres/postgres_session.hpp"

#include "os/entropy.hpp"

#include <algorithm>
#include <utility>

namespace belfry {

namespace {

constexpr std::size_t cluster_length_max = 40;

/// Narrow, because the name becomes part of SQL statements without escaping.
bool is_cluster_name(const std::string& name) {
  const auto is_letter = [](char byte) { return byte >= 'a' && byte <= 'z'; };
  const auto may_follow = [&](char byte) {
    return is_letter(byte) || (byte >= '0' && byte <= '9') || byte == '_';
  };
  return !name.empty() && name.size() <= cluster_length_max && is_letter(name.front()) &&
         std::all_of(name.begin(), name.end(), may_follow) && !name.starts_with("pg_");
}

constexpr postgres_statement read_server_settings{
    "read_server_settings",
    "SELECT current_setting('fsync'), current_setting('synchronous_commit'), "
    "pg_is_in_recovery()"};

constexpr postgres_statement check_session{"check_session", "SELECT 1 WHERE {is_own_session}"};

/// An error in a foreign session, not false: no rows would mean that the shard has another owner.
/// The error is the name of a parameter that no server has. A pool may pass on the settings that
/// another client makes, so that the session's number alone does not prove the settings.
std::string own_session_condition(const std::string& session_number) {
  return "current_setting(CASE WHEN current_setting('belfry.session', true) = '" + session_number +
         "' AND current_setting('synchronous_commit') IN ('on', 'remote_apply')"
         " THEN 'belfry.session' ELSE '" +
         std::string(foreign_session_parameter) + "' END) IS NOT NULL";
}

/// A stalled owner must not hold a lock that its successor needs: the server ends sessions that
/// stop within a transaction, and checks during a statement whether its client is still connected.
/// `synchronous_commit` is set even if it has the same value: a session that has not set it follows
/// the server's configuration when that is reloaded. The search path has no tables, so that a
/// statement that names no schema fails wherever it runs.
std::string settings_of(const postgres_target& target, const std::string& synchronous_commit,
                        const std::string& session_number) {
  const auto server_limit = std::to_string(target.statement_timeout.count() * 3 / 4);
  return "SET synchronous_commit = '" + synchronous_commit +
         "';"
         "SET statement_timeout = " +
         server_limit +
         ";"
         "SET idle_in_transaction_session_timeout = " +
         server_limit +
         ";"
         "SET client_connection_check_interval = 1000;"
         "SET default_transaction_isolation = 'read committed';"
         "SET client_min_messages = 'warning';"
         "SET search_path = pg_catalog;"
         "SET belfry.session = '" +
         session_number + "'";
}

result<done> configure_session(postgres_connection& session, const postgres_target& target) {
  const auto session_number = std::to_string(entropy_seed());
  session.set_placeholders(
      {.schema = target.cluster, .is_own_session = own_session_condition(session_number)});
  const auto settings = session.run(read_server_settings);
  if (!settings.ok())
    return postgres_failure(session, *settings.error);
  if (settings.rows.bytes(0, 0) != "on")
    return failure{errc::invalid_argument,
                   session.name() + ": its fsync is off: a power cut would lose tasks that were "
                                    "accepted. Set fsync = on"};
  if (settings.rows.number(0, 2) != 0)
    return failure{errc::unavailable, session.name() + ": is a standby (in recovery); only the "
                                                       "primary takes writes"};
  const std::string commit(settings.rows.bytes(0, 1));
  const bool is_too_weak = commit != "on" && commit != "remote_apply";
  if (is_too_weak && target.log_line)
    target.log_line(session.name() + ": synchronous_commit is " + commit +
                    "; set to on for this session");
  const auto set =
      session.run_script(settings_of(target, is_too_weak ? "on" : commit, session_number));
  if (!set.ok())
    return postgres_failure(session, *set.error);
  return done{};
}

} // namespace

result<std::unique_ptr<postgres_connection>> open_postgres_session(const postgres_target& target) {
  if (!is_cluster_name(target.cluster))
    return failure{errc::invalid_argument, "cluster '" + target.cluster +
                                               "': expected a small letter, then at most 39 "
                                               "small letters, digits and '_', not 'pg_' first"};
  auto session = postgres_connection::open(target.uri, target.statement_timeout);
  if (!session)
    return session;
  if (auto configured = configure_session(**session, target); !configured)
    return configured.error();
  return session;
}

/// A pool that mixes sessions gives the other client the session that became free last.
result<done> check_own_session(postgres_connection& session, const postgres_target& target) {
  auto other = postgres_connection::open(target.uri, target.statement_timeout);
  if (!other)
    return other.error();
  if (const auto set = (*other)->run_script("SET belfry.session = ''"); !set.ok())
    return postgres_failure(**other, *set.error);
  if (const auto checked = session.run(check_session); !checked.ok())
    return postgres_failure(session, *checked.error);
  return done{};
}

std::string postgres_error_text(const std::string& server, const postgres_error& error) {
  if (!error.is_foreign_session())
    return server + ": " + error.text;
  return server +
         ": a pool between this program and the server mixes the sessions of its clients (" +
         error.text + "); use the address of the server itself, or a pool in session mode";
}

failure postgres_failure(const postgres_connection& connection, const postgres_error& error) {
  auto code = error.is_transient() ? errc::unavailable : errc::storage;
  if (error.is_foreign_session())
    code = errc::invalid_argument;
  return {code, postgres_error_text(connection.name(), error)};
}

} // namespace belfry
