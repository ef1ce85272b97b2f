#pragma once

#include "cli/text/output_style.hpp"

#include "belfry/client.hpp"

#include <CLI/App.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

/// The parts of the program `belfry`: one command, or a family of them, per file.
namespace belfry::shell {

/// How the program ends; docs/command_line.md tells users.
enum class exit_code : int {
  ok = 0,
  refused = 1, ///< the node refused, or a task that was waited for did not succeed
  usage = 2,
  unavailable = 3, ///< no node answers, or it cannot do it now: overloaded, recovering, disk full
  not_found = 4,
  timed_out = 5,
};

/// After a failure that a node answered, or on the way to one. A node whose disk is full may do it
/// later.
[[nodiscard]] exit_code exit_code_of(errc code);
/// After a failure of this process and its own storage.
[[nodiscard]] exit_code exit_code_of_local(errc code);

/// What every command shares: the address of the node, the form of the output, and the action that
/// the command line chose.
struct program {
  std::vector<node_address> addresses; ///< of some nodes of the cluster; empty: the default
  std::string host;                    ///< as --host and --port say; empty and 0: not given
  std::uint16_t port = 0;
  link_security security;
  std::string zone = "UTC"; ///< of times that people read and write
  bool is_json = false;
  output_style style;               ///< of listings for people
  duration request_timeout{10'000}; ///< for each response of the node

  using action = std::function<result<exit_code>()>;
  action chosen;         ///< set by the command that the user gave
  bool is_local = false; ///< set with it: its failures are those of this process, not of a node

  /// The nodes to connect to: those of the flags, or of BELFRY_NODE, or the default port of this
  /// machine.
  [[nodiscard]] std::vector<node_address> node_addresses() const;

  /// The connection to the node, made by the first call.
  result<client*> node();
  /// As that of the client; nothing without one.
  [[nodiscard]] std::optional<std::string> take_unwritten_reason();

private:
  std::unique_ptr<client> client_;
};

/// Adds one command, or a family of them, to the command line.
void add_node(CLI::App& app, program& belfry);
void add_submit(CLI::App& app, program& belfry);
void add_tasks(CLI::App& app, program& belfry);
void add_list(CLI::App& app, program& belfry);
void add_task_commands(CLI::App& app, program& belfry);
void add_task_changes(CLI::App& app, program& belfry);
void add_queues(CLI::App& app, program& belfry);
void add_schedules(CLI::App& app, program& belfry);
void add_status(CLI::App& app, program& belfry);
void add_cluster(CLI::App& app, program& belfry);
void add_health(CLI::App& app, program& belfry);
void add_store(CLI::App& app, program& belfry);
void add_import_crontab(CLI::App& app, program& belfry);
void add_backup(CLI::App& app, program& belfry);
void add_restore(CLI::App& app, program& belfry);
void add_export(CLI::App& app, program& belfry);
void add_import(CLI::App& app, program& belfry);
void add_certs(CLI::App& app, program& belfry);
void add_top(CLI::App& app, program& belfry);
void add_self_description(CLI::App& app, program& belfry);

/// The host of `[::1]`, as addresses with a port have it; other texts as they are.
[[nodiscard]] std::string without_brackets(const std::string& host);

/// Reads `host:port`, `host`, `:port` and `[::1]:port`; what is left out is the default.
[[nodiscard]] result<node_address> parse_node_address(const std::string& text);
/// As `parse_node_address`, for an address to listen on: a number alone is a port, and port 0
/// stands for any free one. What is left out is that of `defaults`.
[[nodiscard]] result<node_address> parse_listen_address(const std::string& text,
                                                        const node_address& defaults);

} // namespace belfry::shell
