#pragma once

#include "child_process.hpp"

#include "belfry/client.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace belfry::test {

/// Nodes and workers, one process each, that share a PostgreSQL server with a synchronous standby.
/// The nodes have eight shards, a lease of five seconds and no slots; a worker has eight slots. The
/// destructor ends all processes. A step that fails fails the test.
class node_cluster {
public:
  /// `flags` are added to the command lines of the nodes.
  explicit node_cluster(std::string flags = "", std::size_t nodes = 3);
  ~node_cluster();
  node_cluster(const node_cluster&) = delete;
  node_cluster& operator=(const node_cluster&) = delete;

  [[nodiscard]] std::size_t size() const { return nodes_.size(); }
  [[nodiscard]] std::unique_ptr<client> connect() const;
  /// The file that the workers record their runs in.
  [[nodiscard]] std::string run_records_path() const { return directory_ + "/notes"; }

  /// Starts a node, at its previous address if it had one.
  void start_node(std::size_t index);
  /// Sends a signal.
  void send(std::size_t index, int signal) const { nodes_.at(index).program->send(signal); }
  /// Sends a signal and waits for the end of the node. Returns its status as `wait` does.
  int end_node(std::size_t index, int signal) { return nodes_.at(index).program->end(signal); }

  /// Ends the primary database as if it had crashed, and promotes the standby. `mode` is
  /// `immediate` (all its processes at once) or `kill` (the main process, the others follow).
  void fail_over(const std::string& mode);
  /// Replaces the failed database by a new standby.
  void rebuild_standby();

  /// Waits until each node owns shards and each shard has an owner.
  void settle(client& observer) const;

private:
  struct node {
    std::string port = "0";
    std::optional<child_process> program;
  };

  void postgres(const std::string& arguments) const;
  [[nodiscard]] std::string database(std::size_t index) const;
  [[nodiscard]] bool is_settled(client& observer) const;
  void start_worker();

  const std::string flags_;
  std::string directory_;
  std::size_t primary_ = 0; // Of the two databases.
  std::vector<node> nodes_;
  std::vector<child_process> workers_;
};

} // namespace belfry::test
