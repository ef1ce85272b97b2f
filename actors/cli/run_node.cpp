// belfry node
#include "cli/command_line/option_table.hpp"
#include "cli/flags.hpp"
#include "cli/http_flags.hpp"
#include "cli/log/log_flags.hpp"
#include "cli/program.hpp"
#include "cli/text/json_text.hpp"
#include "cli/text/text_format.hpp"

#include "belfry/node.hpp"
#include "os/descriptor_limit.hpp"
#include "os/handlers/exec.hpp"
#include "os/init_process.hpp"
#include "os/process.hpp"
#include "os/stop_signals.hpp"
#include "os/systemd_notice.hpp"
#include "os/systemd_watchdog.hpp"
#include "text/printable.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <limits>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace belfry::shell {

namespace {

constexpr auto examples =
    R"(A node with --data or --store keeps tasks; a node with slots runs them. Nodes with
the same --store form a cluster: they find each other there and share the shards. A node with
--join, or with none of these, is a worker: it runs the tasks of other nodes (without --join: of the
node on this machine).
SIGTERM, SIGINT or SIGHUP stops the node: running tasks get --grace to end. A second SIGTERM or
SIGINT ends it at once, as does the first signal during the start.

Examples:
  belfry node --data /var/lib/belfry                       keeps and runs tasks
  belfry node --data /var/lib/belfry --slots 0             only keeps them
  belfry node --store postgresql://belfry@db/tasks         a node of the cluster in PostgreSQL
  belfry node                                              runs tasks of the node on this machine
  belfry node --join 10.0.0.5:4100 --slots 16 --queues mail,default
Between machines, TLS: see belfry certs --help.)";

struct node_command {
  node_options options; ///< its storage and its worker follow from the other fields
  std::optional<std::string> data;
  std::optional<std::string> store;
  std::vector<std::string> join;
  std::optional<std::string> cluster;
  std::optional<std::string> outbox;
  std::optional<std::string> backups;
  std::optional<std::uint32_t> weight;
  std::optional<duration> failure_timeout;
  std::optional<std::uint16_t> shards;
  std::optional<std::uint16_t> port;
  std::optional<std::string> advertise;
  std::optional<std::uint32_t> slots;
  http_flags http;
  bool is_environment_clean = false;
  node_worker worker;
  log_flags log;
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
    notify_systemd("STOPPING=1");
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

/// A node goes on without a reader of its address.
void print_address(const program& belfry, const node_command& command, const node& running) {
  const auto http_port = running.http_port();
  json address{{"host", command.options.listen.bind}, {"port", running.port()}};
  if (http_port != 0)
    address["http_port"] = http_port;
  if (belfry.is_json)
    std::cout << one_line(address);
  else
    std::cout << "listening on "
              << printable(to_string(node_address{command.options.listen.bind, running.port()}));
  if (!belfry.is_json && http_port != 0)
    std::cout << "\nHTTP on "
              << printable(to_string(node_address{command.options.http->bind, http_port}));
  std::cout << std::endl;
  if (!std::cout)
    print_complaint("cannot write the node's address to the standard output");
  std::cout.clear();
}

/// Nothing but what differs from a node's own.
handler_registry handlers_of(const node_command& command) {
  handler_registry handlers;
  if (command.is_environment_clean)
    handlers.on("exec", exec_handler({}, {.is_clean = true}));
  return handlers;
}

std::uint32_t slots_wanted(const node_command& command) {
  return command.slots.value_or(static_cast<std::uint32_t>(processor_count()) * 2);
}

/// As wanted. The default is smaller if there are not enough descriptors.
std::uint32_t slots_of(const node_command& command, std::uint64_t descriptors) {
  const auto fitting = slots_within(descriptors);
  const auto limit = "the limit of open descriptors, " + std::to_string(descriptors) +
                     " (ulimit -n, or LimitNOFILE= of systemd)";
  if (command.slots) {
    require(*command.slots <= fitting, "--slots",
            "is " + std::to_string(*command.slots) + ", but " + limit + ", suffices for " +
                std::to_string(fitting) + ": raise the limit, or use fewer slots");
    return *command.slots;
  }
  const auto wanted = slots_wanted(command);
  require(fitting > 0, "--slots",
          "defaults to " + std::to_string(wanted) + ", but " + limit +
              ", does not suffice for one: raise the limit, or use --slots 0");
  return std::min(wanted, fitting);
}

result<exit_code> run_node(program& belfry, const node_command& command) {
  if (is_init_process())
    continue_below_init();
  set_up_log(command.log, command.options.name.value_or(process_name()));
  if (const auto& worker = command.options.worker; worker && *worker->slots < slots_wanted(command))
    spdlog::warn("worker.slots_reduced slots={} wanted={} reason=\"the limit of descriptors\"",
                 *worker->slots, slots_wanted(command));
  node_stopper stopper;
  std::unique_ptr<node> running; // Outlives the signals.
  const stop_signals signals{[&] { stopper.stop(command.grace); }};
  auto started = node::start(command.options, handlers_of(command));
  if (!started)
    return started.error();
  running = std::move(*started);
  stopper.set_node(*running);
  if (running->port() != 0)
    print_address(belfry, command, *running);
  notify_systemd("READY=1");
  std::optional<systemd_watchdog> watchdog; // Ends before the node.
  if (const auto interval = watchdog_interval())
    watchdog.emplace(*interval,
                     [&node = *running, interval] { return node.is_responsive(*interval / 2); });
  const auto reason = running->wait();
  if (reason.empty())
    return exit_code::ok;
  return failure{errc::storage, "the node stopped: " + reason};
}

node_address address_of(const std::string& flag, const std::string& text) {
  const auto address = parse_node_address(text);
  require(address.ok(), flag, address ? "" : address.error().what);
  return *address;
}

/// Without options, a node is a worker of the node that other commands would connect to.
std::vector<node_address> default_nodes(program& belfry) {
  const auto connected = belfry.node();
  require(connected.ok(), "node",
          "needs --data DIR or --store URI to keep tasks, or --join HOST:PORT to run those of "
          "another node" +
              (connected ? "" : ": " + connected.error().what));
  return belfry.node_addresses();
}

remote_storage remote_of(program& belfry, const node_command& command) {
  remote_storage remote{.nodes = {}, .cluster = command.cluster};
  for (const auto& text : command.join)
    remote.nodes.push_back(address_of("--join", text));
  if (remote.nodes.empty())
    remote.nodes = default_nodes(belfry);
  return remote;
}

database_storage database_of(const node_command& command) {
  database_storage database;
  database.uri = *command.store;
  database.cluster = command.cluster.value_or(database.cluster);
  database.shards = command.shards;
  database.weight = command.weight.value_or(database.weight);
  database.failure_timeout = command.failure_timeout.value_or(database.failure_timeout);
  database.outbox = command.outbox;
  return database;
}

/// Options that apply to another kind of storage are refused, not ignored.
void check_storage_options(const node_command& command) {
  const auto is_stored = command.data || command.store;
  require(!command.data || !command.store, "--store",
          "is given together with --data, expected one of them");
  require(command.join.empty() || !is_stored, "--join",
          "is given together with --data or --store, expected one of them: a node that stores "
          "tasks finds its peers in the store");
  for (const auto& [flag, is_given] : {std::pair{"--outbox", command.outbox.has_value()},
                                       {"--weight", command.weight.has_value()},
                                       {"--failure-timeout", command.failure_timeout.has_value()}})
    require(!is_given || command.store, flag, "is for the nodes of a cluster: expected --store");
  require(!command.backups || command.data, "--backups",
          "is for a node with --data: back up a database with its own tools, as pg_dump");
  require(!command.shards || is_stored, "--shards", "expected --data or --store");
}

node_storage storage_of(program& belfry, node_command& command) {
  const char* default_store = std::getenv("BELFRY_STORE");
  if (default_store && *default_store && !command.store && !command.data && command.join.empty())
    command.store = default_store;
  check_storage_options(command);
  if (command.store)
    return database_of(command);
  if (command.data)
    return directory_storage{*command.data, command.shards, command.cluster, command.backups};
  return remote_of(belfry, command);
}

/// Completes the options from each other and from the environment.
void resolve_options(program& belfry, node_command& command) {
  auto& options = command.options;
  options.storage = storage_of(belfry, command);
  options.http = http_of(command.http);
  if (const auto slots = slots_of(command, raise_descriptor_limit()); slots > 0) {
    options.worker = command.worker;
    options.worker->slots = slots;
  }
  auto& listen = options.listen;
  listen.bind = without_brackets(listen.bind);
  if (command.advertise) {
    listen.advertise = address_of("--advertise", *command.advertise);
    if (command.advertise->find(':') == std::string::npos)
      listen.advertise->port = 0; // The port it listens on.
  }
  listen.port = command.port.value_or(default_port);
  // The first of a cluster's nodes on one machine has the default port.
  listen.may_change_port = !command.port && command.store;
}

/// Where the check of the node's options knows the limit.
constexpr auto number_max = std::numeric_limits<std::int64_t>::max();

void add_storage_options(CLI::App& node, node_command& command) {
  node.add_option("--data", command.data, "Directory to keep tasks in")->type_name("DIR");
  node.add_option("--store", command.store,
                  "PostgreSQL database to keep tasks in: postgresql://… (default without --data "
                  "and --join: BELFRY_STORE)")
      ->type_name("URI");
  node.add_option("--cluster", command.cluster,
                  "Cluster name (PostgreSQL schema), in lower case (default belfry); with --join: "
                  "join only nodes of this cluster (default: any)")
      ->type_name("NAME");
  add_duration(
      node, "--failure-timeout", command.failure_timeout,
      "Failure-detection timeout for nodes: the shards of a node without heartbeat for this long "
      "are taken over; the same on all nodes (default 3s)");
  node.add_option("--outbox", command.outbox,
                  "Directory to keep tasks in whose shard is unreachable, if their queue accepts "
                  "anywhere (belfry queue set), until they are delivered; with --store")
      ->type_name("DIR");
  node.add_option("--backups", command.backups,
                  "Directory for the backups of 'belfry backup', outside the data directory "
                  "and on its file system; with --data (default: the node makes none)")
      ->type_name("DIR");
  add_number(node, "--weight", command.weight, 0, 100,
             "Share of the cluster's shards relative to other nodes (default 1; 0: none)")
      ->type_name("NUMBER");
  add_number(node, "--shards", command.shards, 1, 1024,
             "Number of shards, fixed when DIR or the database is first used (default: one per two "
             "processors; in a database 16)")
      ->type_name("COUNT");
}

void add_worker_options(CLI::App& node, node_command& command) {
  add_number(node, "--slots", command.slots, 0, 10'000,
             "Number of tasks to run at once (default: two per processor)")
      ->type_name("COUNT");
  add_number(
      node, "--prefetch", command.worker.prefetch, 0, 100'000,
      "Number of tasks to fetch ahead (default: about 20 ms of work per slot; none for tasks "
      "longer than 1 s)")
      ->type_name("COUNT");
  node.add_option("--queues", command.worker.queues, "Run only these queues (default: all)")
      ->delimiter(',')
      ->option_text("NAME,NAME");
  node.add_flag(
      "--clean-env", command.is_environment_clean,
      "Run commands with HOME, LANG, LC_…, LANGUAGE, LOGNAME, PATH, SHELL, TMPDIR, TZ and "
      "USER of the node's environment only, besides the task's own variables");
  node.add_option("--join", command.join,
                  "Run tasks of the cluster that the node at this address belongs to; of several "
                  "addresses one must answer")
      ->delimiter(',')
      ->option_text("HOST:PORT,…");
}

void add_limits(CLI::App& node, node_command& command) {
  add_duration(node, "--lease", command.options.runs.lease,
               "Heartbeat timeout, after which a worker's tasks are reassigned (default 10s)");
  add_duration(node, "--grace", command.grace,
               "Time for running tasks to end when the node stops (default 10s)");
  add_number(node, "--payload-max", command.options.submits.payload_bytes_max, 0, number_max,
             "Maximum size of a payload in bytes (default 262144)")
      ->type_name("BYTES");
  add_number(node, "--open-tasks-max", command.options.submits.open_tasks_max, 0, number_max,
             "Maximum number of unsettled tasks per shard; new tasks below priority 0 are refused "
             "from half of it on, priority 0 from three quarters (default 20000000)")
      ->type_name("COUNT");
  add_number(
      node, "--settled-tasks-max", command.options.settled_tasks_max, 0, number_max,
      "Number of settled tasks that a shard remembers, dead ones not counted; the oldest are "
      "forgotten before their retention is over (default 20000)")
      ->type_name("COUNT");
}

void group_node_options(CLI::App& node) {
  group_options(node, "Storage",
                {"--data", "--store", "--cluster", "--failure-timeout", "--outbox", "--backups",
                 "--weight", "--shards"});
  group_options(node, "Network", {"--bind", "--port", "--advertise", "--name"});
  group_options(node, "Worker",
                {"--slots", "--prefetch", "--queues", "--clean-env", "--join", "--lease"});
  group_options(node, "Limits",
                {"--grace", "--payload-max", "--open-tasks-max", "--settled-tasks-max"});
}

} // namespace

void add_node(CLI::App& app, program& belfry) {
  auto command = std::make_shared<node_command>();
  auto& options = command->options;
  auto* node = app.add_subcommand("node", "Start a node: keep tasks, run them, or both");
  node->footer(examples);
  add_storage_options(*node, *command);
  node->add_option("--bind", options.listen.bind, "Address to listen on (default 127.0.0.1)")
      ->type_name("ADDRESS");
  add_number(*node, "--port", command->port, 0, 65'535,
             "Port to listen on, 0 for any free port (default 4100; with --join: any free port)")
      ->type_name("PORT");
  node->add_option("--advertise", command->advertise,
                   "Address at which other nodes reach this one, if not --bind and --port")
      ->type_name("HOST[:PORT]");
  add_worker_options(*node, *command);
  add_http(*node, command->http);
  node->add_option("--name", options.name,
                   "Display name of the node (default: host name and process id)")
      ->type_name("NAME");
  add_limits(*node, *command);
  add_log(*node, command->log);
  group_node_options(*node);
  node->callback([&belfry, command] {
    resolve_options(belfry, *command);
    command->options.security = belfry.security;
    belfry.is_local = true;
    belfry.chosen = [&belfry, command] { return run_node(belfry, *command); };
  });
}

} // namespace belfry::shell
