// belfry node
#include "cli/flags.hpp"
#include "cli/program.hpp"
#include "cli/text/json_text.hpp"

#include "belfry/node.hpp"
#include "os/process.hpp"
#include "os/stop_signals.hpp"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

namespace belfry::shell {

namespace {

constexpr auto examples =
    R"(A node with --data or --store keeps tasks; a node with slots runs them. Nodes with
the same --store form a cluster: they find each other there and share the shards. A node with
--join, or with none of these, is a worker: it runs the tasks of other nodes (without --join: of the
node on this machine).
SIGINT or SIGTERM stops the node: running tasks get --grace to end. A second signal ends it at once,
as does the first during the start.

Examples:
  belfry node --data /var/lib/belfry                       keeps and runs tasks
  belfry node --data /var/lib/belfry --slots 0             only keeps them
  belfry node --store postgresql://belfry@db/tasks         a node of the cluster in PostgreSQL
  belfry node                                              runs tasks of the node on this machine
  belfry node --join 10.0.0.5:4100 --slots 16 --queues mail,default
Between machines, TLS: see belfry certs --help.)";

struct node_command {
  node_options options;
  std::vector<std::string> join;
  std::optional<std::uint16_t> port;
  std::string advertise;
  std::optional<std::uint32_t> slots;
  std::string log_level = "info";
  duration grace{10'000};
};

/// Stops the node when a signal comes, which may be while the node recovers its tasks.
class node_stopper {
public:
  void set_node(node& started) {
    const std::lock_guard lock(mutex_);
    node_ = &started;
  }
  void stop(duration grace) {
    std::unique_lock lock(mutex_);
    if (!node_)
      end_at_once();
    lock.unlock(); // The node outlives the signal handlers.
    node_->stop(grace);
  }

private:
  /// Before its start a node accepts nothing and runs nothing, and its disk survives any crash.
  [[noreturn]] static void end_at_once() {
    spdlog::info("node.stopped reason=\"signal during the start\"");
    std::_Exit(static_cast<int>(exit_code::ok));
  }

  std::mutex mutex_;
  node* node_ = nullptr;
};

void print_address(const program& belfry, const node_command& command, std::uint16_t port) {
  if (belfry.is_json)
    std::cout << one_line(json{{"host", command.options.bind}, {"port", port}});
  else
    std::cout << "listening on " << command.options.bind << ":" << port;
  std::cout << std::endl;
}

result<exit_code> run_node(program& belfry, const node_command& command) {
  // The standard output carries the one line that scripts wait for.
  spdlog::set_default_logger(spdlog::stderr_color_mt("belfry"));
  spdlog::set_level(spdlog::level::from_str(command.log_level));
  node_stopper stopper;
  std::unique_ptr<node> running; // Outlives the signals.
  const stop_signals signals{[&] { stopper.stop(command.grace); }};
  auto started = node::start(command.options);
  if (!started)
    return started.error();
  running = std::move(*started);
  stopper.set_node(*running);
  if (running->port() != 0)
    print_address(belfry, command, running->port());
  const auto reason = running->wait();
  if (reason.empty())
    return exit_code::ok;
  return failure{errc::storage, "the node stopped: " + reason};
}

/// Whether the options say where tasks are kept.
bool has_task_source(const node_command& command) {
  const auto& options = command.options;
  return !options.data_directory.empty() || !options.store.empty() || !command.join.empty();
}

/// Without options, a node is a worker of the node that other commands would connect to.
void join_default(program& belfry, node_options& options) {
  const auto connected = belfry.node();
  require(connected.ok(), "node",
          "needs --data DIR or --store URI to keep tasks, or --join HOST:PORT to run those of "
          "another node" +
              (connected ? "" : ": " + connected.error().what));
  options.join = belfry.node_addresses();
}

/// Completes the options from each other and from the environment.
void resolve_options(program& belfry, node_command& command) {
  auto& options = command.options;
  const char* default_store = std::getenv("BELFRY_STORE");
  if (default_store && !has_task_source(command))
    options.store = default_store;
  if (!has_task_source(command) && options.store.empty())
    join_default(belfry, options);
  for (const auto& text : command.join) {
    const auto address = parse_node_address(text);
    require(address.ok(), "--join", address ? "" : address.error().what);
    options.join.push_back(*address);
  }
  if (!command.advertise.empty()) {
    const auto address = parse_node_address(command.advertise);
    require(address.ok(), "--advertise", address ? "" : address.error().what);
    options.advertise = *address;
    if (command.advertise.find(':') == std::string::npos)
      options.advertise.port = 0; // The port it listens on.
  }
  options.slots = command.slots.value_or(static_cast<std::uint32_t>(processor_count()) * 2);
  options.port = command.port.value_or(options.join.empty() ? default_port : std::uint16_t{0});
  // The first of a cluster's nodes on one machine has the default port.
  options.may_change_port = !command.port && !options.store.empty();
}

void add_storage_options(CLI::App& node, node_options& options) {
  node.add_option("--data", options.data_directory, "Directory to keep tasks in")->type_name("DIR");
  node.add_option("--store", options.store,
                  "PostgreSQL database to keep tasks in: postgresql://… (default without --data "
                  "and --join: BELFRY_STORE)")
      ->type_name("URI");
  node.add_option("--cluster", options.cluster,
                  "Cluster name (PostgreSQL schema), in lower case (default belfry); with --join: "
                  "join only nodes of this cluster (default: any)")
      ->type_name("NAME");
  add_duration(
      node, "--failure-timeout", options.failure_timeout,
      "Failure-detection timeout for nodes: the shards of a node without heartbeat for this long "
      "are taken over; the same on all nodes (default 3s)");
  node.add_option("--outbox", options.outbox,
                  "Directory to keep tasks in whose shard is unreachable, if their queue accepts "
                  "anywhere (belfry queue set), until they are delivered; with --store")
      ->type_name("DIR");
  node.add_option("--weight", options.weight,
                  "Share of the cluster's shards relative to other nodes (default 1; 0: none)")
      ->check(CLI::Range(0, 100))
      ->option_text("NUMBER");
  node.add_option("--shards", options.shards,
                  "Number of shards, fixed when DIR or the database is first used (default: one "
                  "per two processors; in a database 16)")
      ->check(CLI::Range(1, 1024))
      ->option_text("COUNT");
}

void add_worker_options(CLI::App& node, node_command& command) {
  node.add_option("--slots", command.slots,
                  "Number of tasks to run at once (default: two per processor)")
      ->check(CLI::Range(0, 10'000))
      ->option_text("COUNT");
  node.add_option("--prefetch", command.options.prefetch,
                  "Number of tasks to fetch ahead (default: about 20 ms of work per slot; none for "
                  "tasks longer than 1 s)")
      ->check(CLI::Range(0, 100'000))
      ->option_text("COUNT");
  node.add_option("--queues", command.options.queues, "Run only these queues (default: all)")
      ->delimiter(',')
      ->option_text("NAME,NAME");
  node.add_option("--join", command.join,
                  "Run tasks of the cluster that the node at this address belongs to; of several "
                  "addresses one must answer")
      ->delimiter(',')
      ->option_text("HOST:PORT,…");
}

} // namespace

void add_node(CLI::App& app, program& belfry) {
  auto command = std::make_shared<node_command>();
  auto& options = command->options;
  auto* node = app.add_subcommand("node", "Start a node: keep tasks, run them, or both");
  node->footer(examples);
  add_storage_options(*node, options);
  node->add_option("--bind", options.bind, "Address to listen on (default 127.0.0.1)")
      ->type_name("ADDRESS");
  node->add_option(
          "--port", command->port,
          "Port to listen on, 0 for any free port (default 4100; with --join: any free port)")
      ->type_name("PORT");
  node->add_option("--advertise", command->advertise,
                   "Address at which other nodes reach this one, if not --bind and --port")
      ->type_name("HOST[:PORT]");
  add_worker_options(*node, *command);
  node->add_option("--name", options.name,
                   "Display name of the node (default: host name and process id)")
      ->type_name("NAME");
  add_duration(*node, "--lease", options.runs.lease,
               "Heartbeat timeout, after which a worker's tasks are reassigned (default 10s)");
  add_duration(*node, "--grace", command->grace,
               "Time for running tasks to end when the node stops (default 10s)");
  node->add_option("--payload-max", options.submits.payload_bytes_max,
                   "Maximum size of a payload in bytes (default 262144)")
      ->type_name("BYTES");
  node->add_option("--open-tasks-max", options.submits.open_tasks_max,
                   "Maximum number of unsettled tasks per shard; new tasks below priority 0 are "
                   "refused from half of it on, priority 0 from three quarters (default 20000000)")
      ->option_text("COUNT");
  node->add_option("--log-level", command->log_level,
                   "debug, info, warning, error or off (default info)")
      ->check(CLI::IsMember({"debug", "info", "warning", "error", "off"}))
      ->option_text("LEVEL");
  node->callback([&belfry, command] {
    resolve_options(belfry, *command);
    command->options.security = belfry.security;
    belfry.chosen = [&belfry, command] { return run_node(belfry, *command); };
  });
}

} // namespace belfry::shell
