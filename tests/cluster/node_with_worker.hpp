#pragma once

#include "child_process.hpp"

#include "belfry/client.hpp"
#include "belfry/link_security.hpp"
#include "support/scratch_directory.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace belfry::test {

/// The credentials of both ends of a connection; without any, the secret of this user.
struct link_ends {
  link_security node{};
  link_security client{};
};

/// Neither encryption nor a secret: every byte that is changed on the way arrives.
[[nodiscard]] link_ends plain_links();
/// Mutual TLS, with certificates that are made in `directory`.
[[nodiscard]] link_ends tls_links(const std::string& directory);

/// A node that keeps its tasks in a directory, and a worker with eight slots that records its runs,
/// one process each. The node has four shards and a lease of five seconds. The destructor kills
/// both. A step that fails fails the test.
class node_with_worker {
public:
  struct options {
    std::string data{};      ///< where the node keeps its tasks; empty: in a directory of its own
    std::uint32_t slots = 0; ///< of the node itself
    link_ends links{};
  };

  /// Starts the node.
  explicit node_with_worker(options chosen);

  /// Starts the node, at its previous port if it had one.
  void start_node();
  /// Starts the worker, which joins the node at `node_port`: its own port, or one that leads
  /// there.
  void start_worker(std::uint16_t node_port);
  [[nodiscard]] std::unique_ptr<client> connect(std::uint16_t node_port) const;

  [[nodiscard]] std::uint16_t port() const { return port_; }
  /// The file that the worker records its runs in.
  [[nodiscard]] std::string run_records_path() const { return directory_.file("runs"); }
  /// Requires: they have been started.
  [[nodiscard]] child_process& node() { return *node_; }
  [[nodiscard]] child_process& worker() { return *worker_; }

private:
  const scratch_directory directory_;
  const options options_;
  std::uint16_t port_ = 0;
  std::optional<child_process> node_;
  std::optional<child_process> worker_;
};

} // namespace belfry::test
