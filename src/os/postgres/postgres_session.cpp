#include "os/postgres/postgres_session.hpp"

#include <algorithm>

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

/// A stalled owner must not hold a lock that its successor needs: the server ends sessions that
/// stop within a transaction, and checks during a statement whether its client is still connected.
std::string settings_of(const postgres_target& target, bool must_set_commit) {
  const auto server_limit = std::to_string(target.statement_timeout.count() * 3 / 4);
  return std::string(must_set_commit ? "SET synchronous_commit = 'on';" : "") +
         "SET statement_timeout = " + server_limit + ";" +
         "SET idle_in_transaction_session_timeout = " + server_limit + ";" +
         "SET client_connection_check_interval = 1000;"
         "SET default_transaction_isolation = 'read committed';"
         "SET client_min_messages = 'warning';"
         "SET search_path = \"" +
         target.cluster + "\"";
}

result<done> configure_session(postgres_connection& session, const postgres_target& target) {
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
  const auto set = session.run_script(settings_of(target, is_too_weak));
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

failure postgres_failure(const postgres_connection& connection, const postgres_error& error) {
  return {error.is_transient() ? errc::unavailable : errc::storage,
          connection.name() + ": " + error.text};
}

} // namespace belfry
