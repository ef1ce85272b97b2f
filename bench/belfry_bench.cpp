// belfry-bench: a node, a producer and workers as processes of their own, measured end to end.
#include "driver/figures.hpp"
#include "driver/move.hpp"
#include "driver/node_loss.hpp"
#include "driver/roles.hpp"
#include "driver/spike.hpp"
#include "driver/workloads.hpp"

#include <CLI/CLI.hpp>

#include <csignal>
#include <iostream>

using namespace belfry;
using namespace belfry::bench;

namespace {

constexpr double submit_rate_assumed = 50'000;

struct request {
  std::string workload = "W1";
  std::int64_t count = 0; ///< 0: as usual
  std::int64_t rate = 0;
  std::int64_t waiting = 0;
  int runs = 1;
  std::string level = "durable";
  bench_options setup;
};

std::int64_t or_else(std::int64_t given, std::int64_t otherwise) {
  return given > 0 ? given : otherwise;
}

figures measure(const request& asked) {
  const auto& setup = asked.setup;
  if (asked.workload == "W1")
    return run_immediate(setup, or_else(asked.count, 1'000'000), asked.waiting);
  if (asked.workload == "W2")
    return run_delayed(setup, or_else(asked.rate, 1'000), submit_rate_assumed, asked.waiting);
  if (asked.workload == "W2max")
    return find_delayed_max(setup, submit_rate_assumed);
  if (asked.workload == "W3")
    return run_backlog(setup, or_else(asked.count, 1'000'000));
  if (asked.workload == "W5")
    return run_spike(setup);
  if (asked.workload == "W6")
    return run_moves(setup, or_else(asked.count, 100'000));
  if (asked.workload == "W7")
    return run_node_loss(setup, or_else(asked.rate, 5'000));
  return run_alone(setup, or_else(asked.rate, 200));
}

int run_workload(request& asked) {
  asked.setup.level = asked.level == "durable"   ? durability::durable
                      : asked.level == "relaxed" ? durability::relaxed
                                                 : durability::in_memory;
  if (asked.workload == "W2max" || asked.workload == "W6") { // They judge by themselves.
    print_row(asked.setup, asked.workload, measure(asked));
    return 0;
  }
  std::vector<figures> found;
  for (int i = 0; i < asked.runs; ++i)
    found.push_back(quietest(asked.setup.tries, [&] { return measure(asked); }));
  print_row(asked.setup, asked.workload, median_of(found));
  return 0;
}

void add_driver(CLI::App& app, request& asked) {
  app.add_option(
         "--workload", asked.workload,
         "W1 immediate, W2 delayed, W2max the highest rate of W2, W3 backlog and recovery, "
         "W4 latency at low load, W5 ten times too much, W6 shards move, W7 one node of three is "
         "killed")
      ->check(CLI::IsMember({"W1", "W2", "W2max", "W3", "W4", "W5", "W6", "W7"}));
  app.add_option("--count", asked.count,
                 "Tasks of W1 and W3 (default 1000000), of each shard of W6 (100000)");
  app.add_option("--rate", asked.rate,
                 "Tasks a second of W2 (default 1000), W4 (200) and W7 (5000)");
  app.add_option("--waiting", asked.waiting,
                 "With W1 and W2: so many other tasks are due in an hour");
  app.add_option("--queues", asked.setup.queues, "So many get the tasks in turn");
  app.add_option("--fail-every", asked.setup.fail_every,
                 "Each task whose number this divides fails once");
  app.add_option("--runs", asked.runs, "How often; the median is printed")
      ->check(CLI::Range(1, 100));
  app.add_option("--durability", asked.level)
      ->check(CLI::IsMember({"durable", "relaxed", "volatile"}));
  app.add_option("--store", asked.setup.store,
                 "Keep the tasks in this PostgreSQL database, cluster belfry_bench");
  app.add_option("--tries", asked.setup.tries,
                 "Of a run, while other programs use more than a quarter of a core (default 3)")
      ->check(CLI::Range(1, 100));
  app.add_option("--shards", asked.setup.shards,
                 "Of the node (default: as many as a new node makes)");
  app.add_option("--open-tasks-max", asked.setup.open_max,
                 "Tasks per shard before it refuses more");
  app.add_option("--workers", asked.setup.workers, "Worker processes");
  app.add_option("--slots", asked.setup.slots, "Of each worker");
  app.add_option("--prefetch", asked.setup.prefetch, "Of each worker");
}

/// The subcommands are how the driver starts its processes.
void add_roles(CLI::App& app, role_options& options) {
  auto* node = app.add_subcommand("node")->group("");
  node->add_option("--port", options.port);
  node->add_option("--data", options.data_directory);
  node->add_option("--store", options.store);
  node->add_option("--name", options.name);
  node->add_option("--shards", options.shards);
  node->add_option("--open-tasks-max", options.open_max);
  auto* producer = app.add_subcommand("produce")->group("");
  producer->add_option("--port", options.port)->required();
  producer->add_option("--count", options.count);
  producer->add_option("--when", options.when)->check(CLI::IsMember({"now", "spread", "hour"}));
  producer->add_option("--lead-ms", options.lead_ms);
  producer->add_option("--span-ms", options.span_ms);
  producer->add_option("--pace", options.pace);
  producer->add_option("--limit-ms", options.limit_ms);
  producer->add_option("--first", options.first);
  producer->add_option("--priority", options.priority);
  producer->add_option("--high-every", options.high_every);
  producer->add_option("--queues", options.queues);
  producer->add_option("--fail-every", options.fail_every);
  auto* worker = app.add_subcommand("work")->group("");
  worker->add_option("--port", options.port)->required();
  worker->add_option("--slots", options.slots);
  worker->add_option("--prefetch", options.prefetch);
  worker->add_option("--run-us", options.run_us);
  worker->add_option("--fail-every", options.fail_every);
  worker->add_option("--records", options.records)->required();
}

} // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  CLI::App app{"Measures belfry end to end: one line of JSON per workload on stdout.",
               "belfry-bench"};
  request asked;
  role_options role;
  add_driver(app, asked);
  add_roles(app, role);
  app.require_subcommand(0, 1);
  CLI11_PARSE(app, argc, argv);
  if (app.got_subcommand("node"))
    return run_node_role(role);
  if (app.got_subcommand("produce"))
    return run_producer(role);
  if (app.got_subcommand("work"))
    return work(role);
  return run_workload(asked);
}
