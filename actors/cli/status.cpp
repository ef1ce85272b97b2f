// belfry status
#include "cli/program.hpp"
#include "cli/text/json_text.hpp"
#include "cli/text/table.hpp"
#include "cli/text/text_format.hpp"
#include "cli/text/worker_table.hpp"

#include "text/printable.hpp"
#include "time/time_text.hpp"

#include <iostream>
#include <optional>
#include <string>

namespace belfry::shell {

namespace {

void print_status(const node_status& status, const output_style& style) {
  std::cout << printable(format_node(status)) << '\n';
  if (status.storage_trouble)
    std::cout << "storage: " << one_line(*status.storage_trouble, 300) << '\n';
  if (status.outbox_tasks)
    std::cout << "tasks in its outbox: " << *status.outbox_tasks << '\n';
  if (status.clock_offset < duration{0})
    std::cout << "its machine's clock was set back and is " << format_duration(-status.clock_offset)
              << " behind the node's, which runs at half speed until both agree\n";
  if (status.clock_offset > duration{0})
    std::cout << "its machine's clock was set forward and is "
              << format_duration(status.clock_offset)
              << " ahead of the node's, which follows it after a minute\n";
  if (status.workers.empty()) {
    std::cout << "no workers: tasks wait until a worker joins (belfry node --join … --slots …)\n";
    return;
  }
  print_workers(std::cout, status.workers, style);
}

/// Why the node does not do all that it is there for; nothing: it does.
std::optional<failure> obstacle_of(const node_status& status) {
  if (status.storage_trouble)
    return failure{errc::storage, "the node's storage: " + *status.storage_trouble};
  if (status.stops_within)
    return failure{errc::unavailable, "the node is stopping: what it runs has " +
                                          format_duration(*status.stops_within) + " left"};
  if (!status.is_joined)
    return failure{errc::unavailable, "the node has not joined its cluster yet"};
  if (status.shards_serving < status.shards_held)
    return failure{errc::unavailable, std::to_string(status.shards_serving) + " of the " +
                                          format_count(status.shards_held, "shard") +
                                          " of this node serve: the others recover, or wait for "
                                          "the storage"};
  return std::nullopt;
}

result<exit_code> show_status(program& belfry) {
  const auto node = belfry.node();
  if (!node)
    return node.error();
  const auto status = (*node)->cluster().status(belfry.request_timeout);
  if (!status)
    return status.error();
  if (belfry.is_json)
    std::cout << one_line(to_json(*status)) << '\n';
  else
    print_status(*status, belfry.style);
  if (const auto obstacle = obstacle_of(*status))
    return *obstacle;
  return exit_code::ok;
}

} // namespace

void add_status(CLI::App& app, program& belfry) {
  auto* command = app.add_subcommand("status", "Show the node, its shards and its workers");
  command->footer(
      "The exit status is 3 while the node's storage does not take everything, the node is "
      "stopping, or shards that it owns do not serve.\n"
      "Example:\n  belfry status --json");
  command->callback([&belfry] { belfry.chosen = [&belfry] { return show_status(belfry); }; });
}

} // namespace belfry::shell
