#include "os/postgres/postgres_client.hpp"

#include "os/postgres/postgres_schema.hpp"

#include <utility>

namespace belfry {

namespace {

using wait_clock = std::chrono::steady_clock;

constexpr int attempts_max = 3;
constexpr std::chrono::seconds full_for{1};

/// The transaction collided with another (40001), or each waited for the other (40P01): it was
/// undone, and may succeed next time.
bool is_serialization_failure(const postgres_answer& answer) {
  return !answer.ok() && (answer.error->sqlstate == "40001" || answer.error->sqlstate == "40P01");
}

} // namespace

postgres_client::postgres_client(postgres_target place,
                                 std::unique_ptr<postgres_connection> session, std::uint16_t shards)
    : place_(std::move(place)), session_(std::move(session)), shards_(shards),
      name_(session_->name()) {}

bool postgres_client::has_space() const {
  return wait_clock::now() >= disk_full_until_;
}

/// Makes sure that there is a session. One that was lost since the last call had nothing under way.
storage_status postgres_client::connect() {
  if (!permanent_error_.ok() || (session_ && session_->is_alive()))
    return permanent_error_;
  session_.reset();
  auto opened = open_postgres_session(place_);
  const auto schema = opened ? read_postgres_schema(**opened, place_.cluster) : opened.error();
  if (!schema && schema.error().code == errc::unavailable)
    return {storage_code::unavailable, schema.error().what};
  if (!schema || schema->shards != shards_) {
    permanent_error_ = {storage_code::io_error,
                        schema ? name_ + ": the tables of cluster '" + place_.cluster + "' are gone"
                               : schema.error().what};
    return permanent_error_;
  }
  session_ = std::move(*opened);
  return {};
}

/// Runs a statement on the session that there is; three times if it collides with another's.
postgres_answer postgres_client::run_with_retry(const postgres_statement& statement,
                                                const postgres_parameters& parameters) {
  auto answer = session_->run(statement, parameters);
  for (int attempts = 1; is_serialization_failure(answer) && attempts < attempts_max; ++attempts)
    answer = session_->run(statement, parameters);
  return answer;
}

storage_status postgres_client::query(const postgres_statement& statement,
                                      const postgres_parameters& parameters, postgres_rows& rows) {
  if (auto how = connect(); !how.ok())
    return how;
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
  if (auto how = connect(); !how.ok())
    return how;
  auto answer = run_with_retry(statement, parameters);
  if (!answer.ok())
    return status_of(*answer.error);
  if (!answer.warnings.empty())
    return {storage_code::in_doubt, name_ + ": " + answer.warnings.front()};
  rows = std::move(answer.rows);
  return {};
}

storage_status postgres_client::status_of(const postgres_error& error) {
  const auto text = name_ + ": " + error.text;
  if (error.is_connection_lost || error.sqlstate == "25006")
    session_.reset();
  if (error.is_in_doubt)
    return {storage_code::in_doubt, text};
  if (error.sqlstate == "53100") {
    disk_full_until_ = wait_clock::now() + full_for;
    return {storage_code::no_space, text};
  }
  if (error.sqlstate == "XX001" || error.sqlstate == "XX002")
    return {storage_code::corrupt, text};
  if (error.is_transient())
    return {storage_code::unavailable, text};
  permanent_error_ = {storage_code::io_error, text + " (" + error.sqlstate + "); open it anew"};
  return permanent_error_;
}

} // namespace belfry
