#pragma once

#include "belfry/options.hpp"
#include "driver/child.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace belfry::demo {

struct demo_cluster_options {
  std::string directory;
  std::uint32_t workers = 3;
  std::uint32_t slots = 4;
};

/// A node and its workers as processes of this machine; all end with the object.
class demo_cluster {
public:
  explicit demo_cluster(demo_cluster_options options);

  /// Where the node listens, after each restart.
  [[nodiscard]] const node_address& address() const { return address_; }

  /// SIGKILL. Start it again with `restart_ended`.
  void kill_node();
  void kill_worker();

  /// Restarts the processes that have ended.
  void restart_ended();

  [[nodiscard]] std::uint32_t workers_replaced() const { return workers_replaced_; }
  [[nodiscard]] std::uint32_t nodes_replaced() const { return nodes_replaced_; }

private:
  void start_node();
  [[nodiscard]] std::unique_ptr<bench::child> new_worker() const;

  const demo_cluster_options options_;
  node_address address_;
  std::unique_ptr<bench::child> node_;
  std::vector<std::unique_ptr<bench::child>> workers_;
  std::uint32_t workers_replaced_ = 0;
  std::uint32_t nodes_replaced_ = 0;
};

/// What these processes do until their standard input ends.
int run_node_process(const std::string& directory, const node_address& address);
int run_worker_process(const node_address& node, std::uint32_t slots);

} // namespace belfry::demo
