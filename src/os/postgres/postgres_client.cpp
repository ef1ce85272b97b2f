#include "os/postgres/postgres_client.hpp"

#include "os/postgres/postgres_schema.hpp"

#include <utility>

namespace belfry {

namespace {

using wait_clock = std::chrono::steady_clock;

constexpr int attempts_max = 3;
constexpr std::chrono::seconds disk_full_backoff{1};

/// A serialization failure (40001) or a deadlock (40P01): the transaction was rolled back and may
/// be retried.
bool is_serialization_failure(const postgres_answer& answer) {
  return !answer.ok() && (answer.error->sqlstate == "40001" || answer.error->sqlstate == "40P01");
}

} // namespace

postgres_client::postgres_client(postgres_target target,
                                 std::unique_ptr<postgres_connection> session,
                                 std::uint16_t shard_count)
    : target_(std::move(target)), session_(std::move(session)), shard_count_(shard_count),
      name_(session_->name()) {}

bool postgres_client::has_space() const {
  return wait_clock::now() >= disk_full_until_;
}

/// Makes sure that there is a session. Nothing was under way on one that was lost between two
/// calls.
storage_status postgres_client::connect() {
  if (!permanent_error_.ok() || (session_ && session_->is_alive()))
    return permanent_error_;
  session_.reset();
  auto opened = open_postgres_session(target_);
  const auto schema = opened ? read_postgres_schema(**opened, target_.cluster) : opened.error();
  if (!schema && schema.error().code == errc::unavailable)
    return {storage_code::unavailable, schema.error().what};
  if (!schema || schema->shard_count != shard_count_) {
    permanent_error_ = {storage_code::io_error, schema ? name_ + ": the tables of cluster '" +
                                                             target_.cluster + "' are gone"
                                                       : schema.error().what};
    return permanent_error_;
  }
  session_ = std::move(*opened);
  return {};
}

/// Runs a statement on the current session; up to three times if it collides with another one.
postgres_answer postgres_client::run_with_retry(const postgres_statement& statement,
                                                const postgres_parameters& parameters) {
  auto answer = session_->run(statement, parameters);
  for (int attempts = 1; is_serialization_failure(answer) && attempts < attempts_max; ++attempts)
    answer = session_->run(statement, parameters);
  return answer;
}

storage_status postgres_client::query(const postgres_statement& statement,
                                      const postgres_parameters& parameters, postgres_rows& rows) {
  if (auto status = connect(); !status.ok())
    return status;
  auto answer = run_with_retry(statement, parameters);
  if (!answer.ok()) {
    answer.error->is_in_doubt = false;
    return status_of(*answer.error);
  }
  rows = std::move(answer.rows);
  return {};
}

storage_status postgres_client::execute(const postgres_statement& statement,
                                        const postgres_parameters& parameters,
                                        postgres_rows& rows) {
  if (permanent_error_.ok() && !write_pause_.is_over(wait_clock::now()))
    return read_only_status_;
  if (auto status = connect(); !status.ok())
    return status;
  auto answer = run_with_retry(statement, parameters);
  if (!answer.ok())
    return status_of(*answer.error);
  write_pause_.reset();
  if (!answer.warnings.empty())
    return {storage_code::in_doubt, name_ + ": " + answer.warnings.front()};
  rows = std::move(answer.rows);
  return {};
}

storage_status postgres_client::status_of(const postgres_error& error) {
  const auto text = postgres_error_text(name_, error);
  if (error.is_connection_lost || error.sqlstate == "25006")
    session_.reset();
  if (error.is_in_doubt)
    return {storage_code::in_doubt, text};
  if (error.sqlstate == "53100") {
    disk_full_until_ = wait_clock::now() + disk_full_backoff;
    return {storage_code::no_space, text};
  }
  if (error.sqlstate == "25006") {
    write_pause_.extend(wait_clock::now());
    return read_only_status_ = {storage_code::unavailable, text};
  }
  if (error.sqlstate == "XX001" || error.sqlstate == "XX002")
    return {storage_code::corrupt, text};
  if (error.is_transient())
    return {storage_code::unavailable, text};
  permanent_error_ = {storage_code::io_error, text + " (" + error.sqlstate + "); open it again"};
  return permanent_error_;
}

} // namespace belfry
