// belfry nodes, shards and drain: what they need of a cluster.
#include "cli/program.hpp"
#include "cli/text/json_text.hpp"
#include "cli/text/table.hpp"

#include <iostream>
#include <memory>

namespace belfry::shell {

namespace {

std::string address_text(const node_address& place) {
  return place.host.empty() ? "-" : place.host + ":" + std::to_string(place.port);
}

result<cluster_info> fetch_cluster(program& belfry) {
  const auto node = belfry.node();
  if (!node)
    return node.error();
  return (*node)->cluster().info(belfry.request_timeout);
}

result<exit_code> show_nodes(program& belfry) {
  const auto cluster = fetch_cluster(belfry);
  if (!cluster)
    return cluster.error();
  if (belfry.is_json) {
    for (const auto& one : cluster->nodes)
      std::cout << one_line(to_json(one)) << '\n';
    return exit_code::ok;
  }
  table rows{{{"NODE"}, {"ADDRESS"}, {"SHARDS", true}, {"WEIGHT", true}, {"STATE"}}};
  for (const auto& one : cluster->nodes)
    rows.add({one_line(one.name, 40), address_text(one.address), std::to_string(one.shards),
              std::to_string(one.weight), one.is_draining ? "draining" : "active"});
  rows.print(std::cout);
  return exit_code::ok;
}

result<exit_code> show_shards(program& belfry) {
  const auto cluster = fetch_cluster(belfry);
  if (!cluster)
    return cluster.error();
  table rows{{{"SHARD", true}, {"NODE"}, {"EPOCH", true}}};
  for (std::size_t shard = 0; shard < cluster->shards.size(); ++shard) {
    const auto& one = cluster->shards[shard];
    if (belfry.is_json)
      std::cout << one_line(json{{"shard", shard}, {"node", one.node}, {"epoch", one.epoch}})
                << '\n';
    else
      rows.add({std::to_string(shard), one.node.empty() ? "-" : one_line(one.node, 40),
                one.epoch == 0 ? "-" : std::to_string(one.epoch)});
  }
  if (!belfry.is_json)
    rows.print(std::cout);
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
    std::cout << name
              << (is_undrain ? " takes shards again\n"
                             : " gives its shards away; `belfry nodes` shows how many are left\n");
  return exit_code::ok;
}

} // namespace

void add_cluster(CLI::App& app, program& belfry) {
  auto* nodes = app.add_subcommand("nodes", "List the nodes that keep tasks");
  nodes->footer("Example:\n  belfry nodes --json");
  nodes->callback([&belfry] { belfry.chosen = [&belfry] { return show_nodes(belfry); }; });
  auto* shards = app.add_subcommand("shards", "List the shards, and which node has each");
  shards->footer("Example:\n  belfry shards");
  shards->callback([&belfry] { belfry.chosen = [&belfry] { return show_shards(belfry); }; });

  struct order {
    std::string node;
    bool is_undrain = false;
  };
  const auto asked = std::make_shared<order>();
  auto* drain = app.add_subcommand(
      "drain", "Let a node give its shards to others, before it is stopped for good");
  drain->footer("Examples:\n  belfry drain tower\n  belfry drain tower --undo");
  drain->add_option("NODE", asked->node, "Its name, as `belfry nodes` shows it")->required();
  drain->add_flag("--undo", asked->is_undrain, "Let it have shards again");
  drain->callback([&belfry, asked] {
    belfry.chosen = [&belfry, asked] { return drain_node(belfry, asked->node, asked->is_undrain); };
  });
}

} // namespace belfry::shell
