#pragma once

#include "journal/journal.hpp"
#include "os/postgres/postgres_journal.hpp"
#include "support/scratch_directory.hpp"

#include <catch2/catch.hpp>

#include <functional>
#include <future>
#include <string>
#include <vector>

namespace belfry {

/// A PostgreSQL server of its own, gone with this object or with the test program.
class postgres_server {
public:
  /// Starts it.
  postgres_server();
  ~postgres_server();

  /// The one that most tests share.
  [[nodiscard]] static postgres_server& shared();

  void start();
  void stop();

  /// Sends a signal to the server and to all that it runs.
  void signal(int number) const;

  [[nodiscard]] std::string file(const std::string& name) const { return where_.file(name); }
  [[nodiscard]] std::string uri(const std::string& user = "belfry",
                                const std::string& database = "postgres") const;

private:
  scratch_directory where_;
};

/// A cluster of its own on the shared server, with a journal on it and an administrator beside it.
class postgres_fixture {
public:
  static constexpr shard_id shard{0};

  postgres_fixture();
  /// Takes back what tests change of the server.
  ~postgres_fixture();

  /// Another journal of the cluster, as another node has it.
  [[nodiscard]] std::shared_ptr<journal> another() const;

  /// Opens the journal and takes the shard.
  void open();

  /// What opening the journal fails with.
  [[nodiscard]] failure refusal() const;

  /// Appends one event.
  storage_status append(std::string bytes = "e");

  /// Appends until it is not ok: the server heeds a changed setting when it likes.
  storage_status append_until_refused();

  /// How many events can be read from `from` on; how it ended is in `how`.
  std::uint64_t readable(std::uint64_t from = 1);

  /// Runs SQL on the cluster's tables, as the administrator. The first value of the first row as
  /// text; empty if there is none.
  std::string ask(const std::string& sql);

  /// Changes a setting of the server, for sessions to come.
  void set(const std::string& setting, const std::string& value);

  /// Lets the next `times` appends to the cluster fail with `sqlstate`.
  void fail_appends(const std::string& sqlstate, int times);

  /// Begins `call` beside, and waits until `wait_event` holds the journal's session up; then does
  /// `deed`. Returns what the call returned.
  storage_status interrupted(const std::function<storage_status()>& call,
                             const std::string& wait_event, const std::function<void()>& deed);

  /// Ends the sessions of all journals on the server's side.
  void end_sessions();

  postgres_server& server = postgres_server::shared();
  postgres_journal_options options;
  std::shared_ptr<journal> store;
  shard_ownership now; // The head grows with each append.
  storage_status how;
  std::vector<std::string> log_lines;

private:
  bool change(const std::string& setting, const std::string& value);

  std::unique_ptr<postgres_connection> administrator_;
  std::vector<std::pair<std::string, std::string>> before_; // Settings, as they were.
};

/// Whether `text` holds all of `parts`.
[[nodiscard]] bool holds(const std::string& text, const std::vector<std::string>& parts);

} // namespace belfry
