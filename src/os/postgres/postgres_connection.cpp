#include "os/postgres/postgres_connection.hpp"

#include "belfry/contract.hpp"
#include "os/postgres/postgres_messages.hpp"

#include <libpq-fe.h>

#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace belfry {

namespace {

using wait_clock = std::chrono::steady_clock;

std::string field(const PGresult* result, int code) {
  const auto* const text = PQresultErrorField(result, code);
  return text ? text : "";
}

std::string replace_all(std::string text, std::string_view mark, const std::string& value) {
  for (auto at = text.find(mark); at != std::string::npos; at = text.find(mark, at + value.size()))
    text.replace(at, mark.size(), value);
  return text;
}

postgres_error error_of(const PGresult* failed) {
  postgres_error error;
  error.sqlstate = field(failed, PG_DIAG_SQLSTATE);
  error.text = single_line(field(failed, PG_DIAG_MESSAGE_PRIMARY));
  if (const auto detail = field(failed, PG_DIAG_MESSAGE_DETAIL); !detail.empty())
    error.text += " (" + single_line(detail) + ")";
  if (error.text.empty())
    error.text = single_line(PQresultErrorMessage(failed));
  // A FATAL error ends the connection, and may come after the commit. Class 08 is about the
  // connection, and 40003 says so itself.
  error.is_connection_lost = field(failed, PG_DIAG_SEVERITY_NONLOCALIZED) != "ERROR";
  error.is_in_doubt =
      error.is_connection_lost || error.sqlstate.starts_with("08") || error.sqlstate == "40003";
  return error;
}

} // namespace

bool postgres_error::is_transient() const {
  const auto group = sqlstate.substr(0, 2);
  return is_connection_lost || group == "08" || group == "40" ||
         (group == "53" && sqlstate != "53100") || group == "57" || sqlstate == "55P03" ||
         sqlstate == "25006";
}

/// Either the statement's own condition has noticed it, or a statement that was prepared is
/// missing, or one that was not is there.
bool postgres_error::is_foreign_session() const {
  return sqlstate == "26000" || sqlstate == "42P05" ||
         (sqlstate == "42704" && text.find(foreign_session_parameter) != std::string::npos);
}

postgres_rows::postgres_rows(pg_result* owned) : result_(owned) {}

void postgres_rows::deleter::operator()(pg_result* rows) const {
  PQclear(rows);
}

std::size_t postgres_rows::size() const {
  return result_ ? static_cast<std::size_t>(PQntuples(result_.get())) : 0;
}

std::uint64_t postgres_rows::number(std::size_t row, int column) const {
  return postgres_number(bytes(row, column));
}

std::string_view postgres_rows::bytes(std::size_t row, int column) const {
  const auto at = static_cast<int>(row);
  return {PQgetvalue(result_.get(), at, column),
          static_cast<std::size_t>(PQgetlength(result_.get(), at, column))};
}

result<std::unique_ptr<postgres_connection>> postgres_connection::open(const std::string& uri,
                                                                       duration timeout) {
  if (auto error = postgres_uri_error(uri); !error.empty())
    return failure{errc::invalid_argument, error};
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(timeout).count();
  const auto connect_seconds = std::to_string(std::max<long>(2, seconds));
  // Later values override the uri.
  const char* const keys[] = {
      "fallback_application_name", "dbname",           "connect_timeout", "keepalives_idle",
      "keepalives_interval",       "keepalives_count", "client_encoding", nullptr};
  const char* const values[] = {"belfry", uri.c_str(), connect_seconds.c_str(), "10", "5", "3",
                                "UTF8",   nullptr};
  auto* const opened = PQconnectdbParams(keys, values, 1);
  if (!opened)
    return failure{errc::unavailable, "PostgreSQL: out of memory"};
  std::unique_ptr<postgres_connection> connection(new postgres_connection(opened, timeout));
  if (PQstatus(opened) != CONNECTION_OK)
    return failure{errc::unavailable, "PostgreSQL: " + single_line(PQerrorMessage(opened))};
  PQsetnonblocking(opened, 1);
  PQsetNoticeReceiver(opened, &take_notice, connection.get());
  return connection;
}

postgres_connection::postgres_connection(pg_conn* owned, duration timeout)
    : connection_(owned), statement_timeout_(timeout) {
  if (PQstatus(owned) == CONNECTION_OK)
    name_ = std::string("PostgreSQL at ") + PQhost(owned) + ":" + PQport(owned) + ", database '" +
            PQdb(owned) + "'";
}

postgres_connection::~postgres_connection() {
  PQfinish(connection_);
}

void postgres_connection::set_placeholders(postgres_placeholders placeholders) {
  expects(prepared_.empty(), "postgres_connection::set_placeholders: nothing has been run yet");
  placeholders_ = std::move(placeholders);
}

bool postgres_connection::is_alive() {
  // A server sends a notice with the reason before it closes a connection.
  pollfd watched{PQsocket(connection_), POLLIN, 0};
  while (!is_ended_ && watched.fd >= 0 && ::poll(&watched, 1, 0) > 0) {
    if (PQconsumeInput(connection_) == 0 || PQstatus(connection_) != CONNECTION_OK)
      return false;
    (void)PQisBusy(connection_); // Processes what was read.
  }
  return !is_ended_ && watched.fd >= 0;
}

postgres_answer postgres_connection::run(const postgres_statement& statement,
                                         const postgres_parameters& parameters) {
  warnings_.clear();
  if (auto error = prepare(statement))
    return {.error = std::move(error), .rows = {}, .warnings = {}};
  std::vector<const char*> values;
  std::vector<int> lengths;
  for (const auto& value : parameters.values()) {
    values.push_back(value.data());
    lengths.push_back(static_cast<int>(value.size()));
  }
  const std::vector<int> are_binary(values.size(), 1);
  const auto& server_name = prepared_.find(std::string_view(statement.name))->second;
  const auto sent =
      PQsendQueryPrepared(connection_, server_name.c_str(), static_cast<int>(values.size()),
                          values.data(), lengths.data(), are_binary.data(), 1);
  return collect(sent == 1);
}

postgres_answer postgres_connection::run_script(const std::string& sql) {
  warnings_.clear();
  return collect(PQsendQuery(connection_, fill_placeholders(sql).c_str()) == 1);
}

std::optional<postgres_error> postgres_connection::prepare(const postgres_statement& statement) {
  if (prepared_.contains(std::string_view(statement.name)))
    return {};
  auto server_name =
      (placeholders_.schema.empty() ? "" : placeholders_.schema + ".") + statement.name;
  const auto sql = fill_placeholders(statement.sql);
  auto answer =
      collect(PQsendPrepare(connection_, server_name.c_str(), sql.c_str(), 0, nullptr) == 1);
  if (answer.ok())
    prepared_.emplace(statement.name, std::move(server_name));
  else
    answer.error->is_in_doubt = false;
  return std::move(answer.error);
}

std::string postgres_connection::fill_placeholders(std::string sql) const {
  if (placeholders_.schema.empty())
    return sql;
  sql = replace_all(std::move(sql), "{schema}", '"' + placeholders_.schema + '"');
  return replace_all(std::move(sql), "{is_own_session}", placeholders_.is_own_session);
}

/// Collects all results until the server is ready again: the commit and its warnings come after the
/// rows. The last rows and the first error count.
postgres_answer postgres_connection::collect(bool was_sent) {
  postgres_answer answer;
  if (!was_sent) {
    answer.error = connection_lost(PQerrorMessage(connection_));
    answer.error->is_in_doubt = false;
    return answer;
  }
  const auto deadline = wait_clock::now() + statement_timeout_;
  while (true) {
    const auto error = await(deadline);
    if (!error.empty() && !answer.error)
      answer.error = connection_lost(error);
    if (!error.empty())
      answer.error->is_connection_lost = true;
    auto* const next = error.empty() ? PQgetResult(connection_) : nullptr;
    if (!next)
      break;
    postgres_rows rows(next);
    const auto status = PQresultStatus(next);
    if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK)
      answer.rows = std::move(rows);
    else if (!answer.error)
      answer.error = error_of(next);
  }
  answer.warnings = std::move(warnings_);
  return answer;
}

/// Sends unsent data and waits until libpq has a result, or knows that there is none. Returns the
/// error; empty: there is none.
std::string postgres_connection::await(instant_of_wait deadline) {
  while (true) {
    const auto unsent = PQflush(connection_);
    if (unsent < 0)
      return PQerrorMessage(connection_);
    if (unsent == 0 && PQisBusy(connection_) == 0)
      return {};
    const auto left = std::chrono::ceil<duration>(deadline - wait_clock::now());
    if (left <= duration{0})
      return "no answer within " + std::to_string(statement_timeout_.count()) + " ms";
    const auto events = static_cast<short>(unsent == 0 ? POLLIN : POLLIN | POLLOUT);
    pollfd watched{PQsocket(connection_), events, 0};
    if (watched.fd < 0)
      return PQerrorMessage(connection_);
    if (::poll(&watched, 1, static_cast<int>(left.count())) < 0 && errno != EINTR)
      return std::strerror(errno);
    // An error is a result, too: the server's last message may be among the data read.
    if ((watched.revents & ~POLLOUT) != 0 && PQconsumeInput(connection_) == 0 &&
        PQisBusy(connection_) != 0)
      return PQerrorMessage(connection_);
  }
}

postgres_error postgres_connection::connection_lost(const std::string& reason) const {
  return {
      .sqlstate = {}, .text = single_line(reason), .is_connection_lost = true, .is_in_doubt = true};
}

void postgres_connection::take_notice(void* self, const pg_result* notice) {
  auto& connection = *static_cast<postgres_connection*>(self);
  const auto severity = field(notice, PG_DIAG_SEVERITY_NONLOCALIZED);
  if (severity == "WARNING")
    connection.warnings_.push_back(single_line(field(notice, PG_DIAG_MESSAGE_PRIMARY)));
  if (severity == "FATAL" || severity == "PANIC")
    connection.is_ended_ = true;
}

} // namespace belfry
