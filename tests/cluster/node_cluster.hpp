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

/// Nodes and workers, each a process of its own, that share a PostgreSQL server with a synchronous
/// standby. Nodes have eight shards, a lease of five seconds, and run nothing themselves; a worker
/// has eight slots. All of it is gone with this object. A step that fails ends the test.
class node_cluster {
public:
  /// With more flags for its nodes.
  explicit node_cluster(std::string flags = "", std::size_t nodes = 3);
  ~node_cluster();
  node_cluster(const node_cluster&) = delete;
  node_cluster& operator=(const node_cluster&) = delete;

  [[nodiscard]] std::size_t size() const { return nodes_.size(); }
  [[nodiscard]] std::unique_ptr<client> connect() const;
  /// What the workers note.
  [[nodiscard]] std::string run_records_path() const { return directory_ + "/notes"; }

  /// At the address that it had before, if there was one.
  void start_node(std::size_t at);
  /// Sends a signal.
  void send(std::size_t at, int signal) const { nodes_.at(at).program->send(signal); }
  /// Sends a signal and waits for the end of the node. Returns its status as `wait` gives it.
  int end_node(std::size_t at, int signal) { return nodes_.at(at).program->end(signal); }

  /// Ends the server that takes writes as if it had crashed, and makes the standby one that does.
  /// `how` is `immediate` (all its processes at once) or `kill` (the first, the others follow).
  void fail_over(const std::string& how);
  /// Makes a standby where the server was that failed.
  void rebuild_standby();

  /// Waits until each node has shards, and no shard is without a node.
  void settle(client& through) const;

private:
  struct node {
    std::string port = "0";
    std::optional<child_process> program;
  };

  void postgres(const std::string& arguments) const;
  [[nodiscard]] std::string database(std::size_t at) const;
  [[nodiscard]] bool is_settled(client& through) const;
  void start_worker();

  const std::string flags_;
  std::string directory_;
  std::size_t primary_ = 0; // Of the two databases.
  std::vector<node> nodes_;
  std::vector<child_process> workers_;
};

} // namespace belfry::test
