#include "os/postgres/postgres_caller.hpp"

#include "os/postgres/postgres_schema.hpp"

#include <utility>

namespace belfry {

namespace {

using wait_clock = std::chrono::steady_clock;

constexpr int attempts_max = 3;
constexpr std::chrono::seconds full_for{1};

/// The transaction collided with another (40001), or each waited for the other (40P01): it was
/// undone, and may succeed next time.
bool has_collided(const postgres_answer& answer) {
  return !answer.ok() && (answer.error->sqlstate == "40001" || answer.error->sqlstate == "40P01");
}

} // namespace

postgres_caller::postgres_caller(postgres_place place, std::unique_ptr<postgres_connection> session,
                                 std::uint16_t shards)
    : place_(std::move(place)), session_(std::move(session)), shards_(shards),
      name_(session_->name()) {}

bool postgres_caller::has_room() const {
  return wait_clock::now() >= full_until_;
}

/// Makes sure that there is a session. One that was lost since the last call had nothing under way.
status postgres_caller::connect() {
  if (!ended_.ok() || (session_ && session_->is_alive()))
    return ended_;
  session_.reset();
  auto opened = open_postgres_session(place_);
  const auto schema = opened ? read_postgres_schema(**opened, place_.cluster) : opened.error();
  if (!schema && schema.error().code == errc::unavailable)
    return {outcome_code::unavailable, schema.error().what};
  if (!schema || schema->shards != shards_) {
    ended_ = {outcome_code::io_error,
              schema ? name_ + ": the tables of cluster '" + place_.cluster + "' are gone"
                     : schema.error().what};
    return ended_;
  }
  session_ = std::move(*opened);
  return {};
}

/// Runs a statement on the session that there is; three times if it collides with another's.
postgres_answer postgres_caller::ask(const postgres_statement& statement,
                                     const postgres_parameters& parameters) {
  auto answer = session_->run(statement, parameters);
  for (int attempts = 1; has_collided(answer) && attempts < attempts_max; ++attempts)
    answer = session_->run(statement, parameters);
  return answer;
}

status postgres_caller::look_up(const postgres_statement& statement,
                                const postgres_parameters& parameters, postgres_rows& rows) {
  if (auto how = connect(); !how.ok())
    return how;
  auto answer = ask(statement, parameters);
  if (!answer.ok()) {
    answer.error->may_be_done = false;
    return failed(*answer.error);
  }
  rows = std::move(answer.rows);
  return {};
}

status postgres_caller::change(const postgres_statement& statement,
                               const postgres_parameters& parameters, postgres_rows& rows) {
  if (auto how = connect(); !how.ok())
    return how;
  auto answer = ask(statement, parameters);
  if (!answer.ok())
    return failed(*answer.error);
  if (!answer.warnings.empty())
    return {outcome_code::in_doubt, name_ + ": " + answer.warnings.front()};
  rows = std::move(answer.rows);
  return {};
}

status postgres_caller::failed(const postgres_error& error) {
  const auto text = name_ + ": " + error.text;
  if (error.is_lost || error.sqlstate == "25006")
    session_.reset();
  if (error.may_be_done)
    return {outcome_code::in_doubt, text};
  if (error.sqlstate == "53100") {
    full_until_ = wait_clock::now() + full_for;
    return {outcome_code::no_space, text};
  }
  if (error.sqlstate == "XX001" || error.sqlstate == "XX002")
    return {outcome_code::corrupt, text};
  if (error.passes())
    return {outcome_code::unavailable, text};
  ended_ = {outcome_code::io_error, text + " (" + error.sqlstate + "); open it anew"};
  return ended_;
}

} // namespace belfry
