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
    R"(A node with --data or --store keeps tasks; one with slots runs them. Nodes with the
same --store are a cluster: they find each other there and share the shards. With --join, or with
none of these, it runs the tasks of other nodes (without --join: of the one on this machine).
SIGINT or SIGTERM stops it: running tasks get --grace to end; a second signal ends it at once, and
so does the first while it starts.

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

/// The node as a signal finds it, which may come while it recovers its tasks.
class node_stopper {
public:
  void has_started(node& one) {
    const std::lock_guard lock(mutex_);
    node_ = &one;
  }
  void stop(duration grace) {
    std::unique_lock lock(mutex_);
    if (!node_)
      end_at_once();
    lock.unlock(); // It is there until no signal comes any more.
    node_->stop(grace);
  }

private:
  /// Before it has started it accepts nothing and runs nothing, and its disk bears any end.
  [[noreturn]] static void end_at_once() {
    spdlog::info("node.stopped reason=\"asked to while it started\"");
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
  // The standard output is for the one line that scripts wait for.
  spdlog::set_default_logger(spdlog::stderr_color_mt("belfry"));
  spdlog::set_level(spdlog::level::from_str(command.log_level));
  node_stopper stoppable;
  std::unique_ptr<node> running; // Outlives the signals.
  const stop_signals signals{[&] { stoppable.stop(command.grace); }};
  auto started = node::start(command.options);
  if (!started)
    return started.error();
  running = std::move(*started);
  stoppable.has_started(*running);
  if (running->port() != 0)
    print_address(belfry, command, running->port());
  const auto why = running->wait();
  if (why.empty())
    return exit_code::ok;
  return failure{errc::storage, "the node ends: " + why};
}

/// Where tasks are kept.
bool has_task_source(const node_command& command) {
  const auto& options = command.options;
  return !options.data_directory.empty() || !options.store.empty() || !command.join.empty();
}

/// Told nothing, a node works for the one that other commands would speak to, if there is one.
void join_default(program& belfry, node_options& options) {
  const auto default_value = belfry.node();
  require(default_value.ok(), "node",
          "needs --data DIR or --store URI to keep tasks, or --join HOST:PORT to run those of "
          "another node" +
              (default_value ? "" : ": " + default_value.error().what));
  options.join = belfry.where();
}

/// What the options say together.
void resolve_options(program& belfry, node_command& command) {
  auto& options = command.options;
  const char* default_store = std::getenv("BELFRY_STORE");
  if (default_store && !has_task_source(command))
    options.store = default_store;
  if (!has_task_source(command) && options.store.empty())
    join_default(belfry, options);
  for (const auto& text : command.join) {
    const auto place = parse_node_address(text);
    require(place.ok(), "--join", place ? "" : place.error().what);
    options.join.push_back(*place);
  }
  if (!command.advertise.empty()) {
    const auto place = parse_node_address(command.advertise);
    require(place.ok(), "--advertise", place ? "" : place.error().what);
    options.advertise = *place;
    if (command.advertise.find(':') == std::string::npos)
      options.advertise.port = 0; // The one it listens on.
  }
  options.slots = command.slots.value_or(static_cast<std::uint32_t>(processor_count()) * 2);
  options.port = command.port.value_or(options.join.empty() ? default_port : std::uint16_t{0});
  // Of a cluster's nodes on one machine the first has the usual port.
  options.may_change_port = !command.port && !options.store.empty();
}

void add_storage_options(CLI::App& node, node_options& options) {
  node.add_option("--data", options.data_directory, "Keep tasks in this directory")
      ->type_name("DIR");
  node.add_option("--store", options.store,
                  "Or in this PostgreSQL database: postgresql://… (default, without --data and "
                  "--join: BELFRY_STORE)")
      ->type_name("URI");
  node.add_option("--cluster", options.cluster,
                  "Whose tasks in the database, a name in small letters (default belfry); with "
                  "--join: only nodes of this cluster (default: of any)")
      ->type_name("NAME");
  add_duration(
      node, "--failure-timeout", options.failure_timeout,
      "Another node of the cluster that is silent for longer has lost its shards; the same "
      "on all nodes (default 3s)");
  node.add_option("--outbox", options.outbox,
                  "Keep in this directory what clients cannot send to its shard, if its queue "
                  "accepts anywhere (belfry queue set), and deliver it later; with --store")
      ->type_name("DIR");
  node.add_option("--weight", options.weight,
                  "This node's share of the shards of its cluster, against the others' (default 1; "
                  "0: none)")
      ->check(CLI::Range(0, 100))
      ->option_text("NUMBER");
  node.add_option("--shards", options.shards,
                  "Into how many parts the tasks are split; fixed when DIR or the database are "
                  "first used (default: one for two processors; in a database 16)")
      ->check(CLI::Range(1, 1024))
      ->option_text("COUNT");
}

void add_worker_options(CLI::App& node, node_command& command) {
  node.add_option("--slots", command.slots,
                  "How many tasks to run at once (default: two per processor)")
      ->check(CLI::Range(0, 10'000))
      ->option_text("COUNT");
  node.add_option("--prefetch", command.options.prefetch,
                  "How many tasks to fetch ahead of a free slot (default: what the slots do in "
                  "20ms, as measured; one for each slot at least, none behind runs of a second)")
      ->check(CLI::Range(0, 100'000))
      ->option_text("COUNT");
  node.add_option("--queues", command.options.queues, "Run only these queues (default: all)")
      ->delimiter(',')
      ->option_text("NAME,NAME");
  node.add_option("--join", command.join,
                  "Run the tasks of the cluster that a node there belongs to; several may be "
                  "given, of which one must answer")
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
  node->add_option("--bind", options.bind, "The address to listen on (default 127.0.0.1)")
      ->type_name("ADDRESS");
  node->add_option("--port", command->port,
                   "And the port, 0 for any free one (default 4100; with --join any free one)")
      ->type_name("PORT");
  node->add_option("--advertise", command->advertise,
                   "Where others reach this node of a cluster, if not at --bind and --port")
      ->type_name("HOST[:PORT]");
  add_worker_options(*node, *command);
  node->add_option("--name", options.name, "For people (default: host name and process id)")
      ->type_name("NAME");
  add_duration(*node, "--lease", options.runs.lease,
               "A worker that is silent for longer has lost its runs (default 10s)");
  add_duration(*node, "--grace", command->grace,
               "How long running tasks may take to end when the node stops (default 10s)");
  node->add_option("--payload-max", options.submits.payload_bytes_max,
                   "Refuse payloads of more bytes (default 262144)")
      ->type_name("BYTES");
  node->add_option("--open-tasks-max", options.submits.open_tasks_max,
                   "Refuse new tasks while a shard has more that are not settled: low priorities "
                   "from half of it on, usual ones from three quarters (default 20000000)")
      ->option_text("COUNT");
  node->add_option("--log-level", command->log_level, "debug, info, warning, error or off")
      ->check(CLI::IsMember({"debug", "info", "warning", "error", "off"}))
      ->option_text("LEVEL");
  node->callback([&belfry, command] {
    resolve_options(belfry, *command);
    command->options.security = belfry.security;
    belfry.chosen = [&belfry, command] { return run_node(belfry, *command); };
  });
}

} // namespace belfry::shell
