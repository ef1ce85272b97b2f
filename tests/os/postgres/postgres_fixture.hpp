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

/// A PostgreSQL server that stops with this object or with the test program.
class postgres_server {
public:
  /// Starts the server.
  postgres_server();
  ~postgres_server();

  /// The server that most tests share.
  [[nodiscard]] static postgres_server& shared();

  void start();
  void stop();

  /// Sends a signal to the server and to all its processes.
  void signal(int number) const;

  [[nodiscard]] std::string file(const std::string& name) const { return directory_.file(name); }
  [[nodiscard]] std::string uri(const std::string& user = "belfry",
                                const std::string& database = "postgres") const;

private:
  scratch_directory directory_;
};

/// A PgBouncer before a server. It stops with this object or with the test program.
class postgres_pool {
public:
  /// `mode` is `session` or `transaction`; `size` is the number of connections to the server.
  postgres_pool(const postgres_server& server, const std::string& mode, int size);
  ~postgres_pool();

  [[nodiscard]] std::string uri() const;

private:
  scratch_directory directory_;
};

/// A new cluster on the shared server, with a journal and an administrator's connection.
class postgres_fixture {
public:
  static constexpr shard_id shard{0};

  postgres_fixture();
  /// Restores the settings of the server.
  ~postgres_fixture();

  /// Opens another journal of the cluster, as another node would.
  [[nodiscard]] std::shared_ptr<journal> open_another() const;

  /// Opens the journal and acquires the shard.
  void open();

  /// Opens the journal and returns the failure. Requires: opening fails.
  [[nodiscard]] failure open_failure() const;

  /// Appends one event.
  storage_status append(std::string bytes = "e");

  /// Appends until an append is not ok: the server applies a changed setting with a delay.
  storage_status append_until_refused();

  /// The number of events that can be read from `first_event` on; sets `last_status`.
  std::uint64_t readable(std::uint64_t first_event = 1);

  /// Runs SQL on the cluster's tables, as the administrator. Returns the first value of the first
  /// row as text; empty if there is none.
  std::string ask(const std::string& sql);

  /// Changes a setting of the server for new sessions.
  void set(const std::string& setting, const std::string& value);

  /// Makes the next `times` appends to the cluster fail with `sqlstate`.
  void fail_appends(const std::string& sqlstate, int times);

  /// Runs `call` on another thread, waits until the journal's session waits for `wait_event`, then
  /// runs `action`. Returns the result of the call.
  storage_status interrupted(const std::function<storage_status()>& call,
                             const std::string& wait_event, const std::function<void()>& action);

  /// Ends the sessions of all journals on the server.
  void end_sessions();

  postgres_server& server = postgres_server::shared();
  postgres_journal_options options;
  std::shared_ptr<journal> store;
  shard_ownership ownership; // The head grows with each append.
  storage_status last_status;
  std::vector<std::string> log_lines;

private:
  bool change(const std::string& setting, const std::string& value);

  std::unique_ptr<postgres_connection> administrator_;
  std::vector<std::pair<std::string, std::string>> before_; // Previous values of changed settings.
};

/// Whether `text` contains all of `parts`.
[[nodiscard]] bool contains_all(const std::string& text, const std::vector<std::string>& parts);

} // namespace belfry
