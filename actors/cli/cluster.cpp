// belfry nodes, shards, drain
#include "cli/program.hpp"
#include "cli/text/json_text.hpp"
#include "cli/text/notice.hpp"
#include "cli/text/table.hpp"

#include "text/printable.hpp"

#include <algorithm>
#include <iostream>
#include <memory>

namespace belfry::shell {

namespace {

result<cluster_info> fetch_cluster(program& belfry) {
  const auto node = belfry.node();
  if (!node)
    return node.error();
  return (*node)->cluster().info(belfry.request_timeout);
}

/// Whether a node of another name than `drained` can be assigned shards.
bool has_active_node_beside(const cluster_info& cluster, const std::string& drained) {
  return std::any_of(cluster.nodes.begin(), cluster.nodes.end(), [&](const node_info& node) {
    return node.name != drained && !node.is_draining && node.weight > 0;
  });
}

/// Without a node that takes the shards, a drain does not end.
void warn_of_endless_drain(program& belfry, const std::string& name) {
  const auto cluster = fetch_cluster(belfry);
  if (cluster && !has_active_node_beside(*cluster, name))
    print_notice(belfry, json{{"notice", "no_active_node"}, {"node", name}},
                 "no other active node can take the shards of " + name +
                     ": it keeps and serves them until one joins, or the drain ends (--undo)");
}

result<exit_code> show_nodes(program& belfry) {
  const auto cluster = fetch_cluster(belfry);
  if (!cluster)
    return cluster.error();
  if (belfry.is_json) {
    for (const auto& node : cluster->nodes)
      std::cout << one_line(to_json(node)) << '\n';
    return exit_code::ok;
  }
  table rows{{{.title = "NODE", .width_min = 8},
              {"ADDRESS"},
              {"SHARDS", true},
              {.title = "WEIGHT", .is_number = true, .usual = "1"},
              {.title = "STATE", .is_state = true}}};
  for (const auto& node : cluster->nodes)
    rows.add({one_line(node.name, 40), node.address.host.empty() ? "-" : to_string(node.address),
              std::to_string(node.shards), std::to_string(node.weight),
              node.is_draining ? "draining" : "active"});
  rows.print(std::cout, belfry.style);
  return exit_code::ok;
}

result<exit_code> show_shards(program& belfry) {
  const auto cluster = fetch_cluster(belfry);
  if (!cluster)
    return cluster.error();
  table rows{{{"SHARD", true}, {.title = "NODE", .width_min = 8}, {"EPOCH", true}}};
  for (std::size_t shard = 0; shard < cluster->shards.size(); ++shard) {
    const auto& [owner, epoch] = cluster->shards[shard];
    if (belfry.is_json)
      std::cout << one_line(json{{"shard", shard}, {"node", owner}, {"epoch", epoch}}) << '\n';
    else
      rows.add({std::to_string(shard), owner.empty() ? "-" : one_line(owner, 40),
                epoch == 0 ? "-" : std::to_string(epoch)});
  }
  if (!belfry.is_json)
    rows.print(std::cout, belfry.style);
  return exit_code::ok;
}

result<exit_code> drain_node(program& belfry, const std::string& name, bool is_undrain) {
  const auto node = belfry.node();
  if (!node)
    return node.error();
  const auto drained = is_undrain ? (*node)->cluster().undrain(name, belfry.request_timeout)
                                  : (*node)->cluster().drain(name, belfry.request_timeout);
  if (!drained)
    return drained.error();
  if (!belfry.is_json)
    std::cout << printable(name)
              << (is_undrain ? " is active again: the cluster assigns it shards\n"
                             : " is draining; `belfry nodes` shows how many shards it has left\n");
  if (!is_undrain)
    warn_of_endless_drain(belfry, name);
  return exit_code::ok;
}

} // namespace

void add_cluster(CLI::App& app, program& belfry) {
  auto* nodes = app.add_subcommand("nodes", "List the nodes that keep tasks");
  nodes->footer("Example:\n  belfry nodes --json");
  nodes->callback([&belfry] { belfry.chosen = [&belfry] { return show_nodes(belfry); }; });
  auto* shards = app.add_subcommand("shards", "List the shards and their owners");
  shards->footer("Example:\n  belfry shards");
  shards->callback([&belfry] { belfry.chosen = [&belfry] { return show_shards(belfry); }; });

  struct drain_options {
    std::string node;
    bool is_undrain = false;
  };
  const auto options = std::make_shared<drain_options>();
  auto* drain =
      app.add_subcommand("drain", "Move a node's shards to other nodes before shutting it down");
  drain->footer("Examples:\n  belfry drain tower\n  belfry drain tower --undo");
  drain->add_option("NODE", options->node, "Name of the node, as in `belfry nodes`")->required();
  drain->add_flag("--undo", options->is_undrain, "End draining: assign shards to the node again");
  drain->callback([&belfry, options] {
    belfry.chosen = [&belfry, options] {
      return drain_node(belfry, options->node, options->is_undrain);
    };
  });
}

} // namespace belfry::shell
