#pragma once

#include "cluster/cluster_keeper.hpp"
#include "journal/memory_disk.hpp"
#include "observation/history.hpp"
#include "observation/task_scripts.hpp"
#include "observation/wiretap.hpp"
#include "scenario/sim_client.hpp"
#include "scenario/sim_executor.hpp"
#include "shard/shard.hpp"
#include "world/server_clock.hpp"
#include "world/world.hpp"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace belfry::sim {

struct cluster_options {
  std::uint64_t seed = 1;
  /// Nodes that keep tasks. One keeps them on a disk of its own; several share a storage, which
  /// does not fall when one of them does.
  std::uint32_t servers = 1;
  std::uint32_t workers = 2;
  std::uint32_t slots = 4; ///< of each worker
  std::uint16_t shards = 4;
  std::vector<std::string> kinds; ///< that the workers have handlers for
  /// Kinds that a worker lacks, by number.
  std::map<std::uint32_t, std::string> lacking;
  network_options network;
  instant begin = world_begin; ///< when the world begins
  shard_limits per_shard_limits{};
  submit_limits of_submits{};
  std::size_t batch_max = 512;               ///< tasks that the client sends at once
  std::uint64_t thundering_herd = 1'000'000; ///< tasks that come due in one millisecond, if any do
  /// Makes checkers of one's own; may be empty.
  std::function<std::vector<std::unique_ptr<checker>>()> more_checkers;
  /// Makes what runs the handlers of a worker; empty: one that follows the scripts.
  std::function<std::unique_ptr<process_executor>(process_executor::setup, world&, history&)>
      make_executor;
};

/// Production nodes that keep tasks, worker nodes beside them and a user, in one world.
class cluster {
public:
  explicit cluster(cluster_options options);
  ~cluster();
  cluster(const cluster&) = delete;
  cluster& operator=(const cluster&) = delete;

  [[nodiscard]] world& sim_world() { return world_; }
  [[nodiscard]] history& run_history() { return history_; }
  [[nodiscard]] task_scripts& scripts() { return scripts_; }
  [[nodiscard]] sim_client& client() { return *client_; }
  [[nodiscard]] memory_disk& disk() { return *disk_; }
  [[nodiscard]] server_clock& time_of_server(std::uint32_t index) { return *servers_[index].time; }
  [[nodiscard]] const cluster_options& options() const { return options_; }

  /// Ends a server, and starts it again after `pause`. If it is the only one, the power of its disk
  /// is cut as well. Nothing happens if it is down already.
  void crash_server(std::uint32_t index, crash_kind how, crash_mode of_disk, duration pause);
  /// Stops a server as its user would, and starts it again after `pause`.
  void restart_server(std::uint32_t index, duration pause);
  /// Lets a server reach the shared storage no more, or again.
  void cut_off_server(std::uint32_t index, bool is_cut_off) {
    servers_[index].line->is_cut = is_cut_off;
  }
  /// The shared storage falls, and comes back at once with what it had made durable.
  void crash_storage(crash_mode how) { disk_->crash(how, random_.next()); }
  void crash_worker(std::uint32_t index, crash_kind how, duration pause);
  /// The whole site loses power, and the server's disk is replaced by the last backup of it, or by
  /// an empty one if there is none. What was acknowledged since is lost.
  void replace_disk();
  [[nodiscard]] bool is_shared() const { return options_.servers > 1; }
  /// One of the servers; there is no chance in it if there is only one.
  [[nodiscard]] std::uint32_t draw_server(prng& random) const {
    return is_shared() ? static_cast<std::uint32_t>(random.below(options_.servers)) : 0;
  }
  [[nodiscard]] caf::actor server_child(std::uint32_t server, const std::string& name,
                                        std::uint16_t index) const {
    return tap_.child(server_name(server), name, index);
  }
  /// Asks every shard whether its books are right; what is wrong goes to the history.
  void audit();

  [[nodiscard]] static std::string worker_name(std::uint32_t index) {
    return "worker" + std::to_string(index);
  }
  [[nodiscard]] static std::string server_name(std::uint32_t index) {
    return index == 0 ? "server" : "server" + std::to_string(index);
  }
  static constexpr const char* client_name = "client";

private:
  /// Leads from one life of a server to the storage that it shares.
  struct storage_connection {
    bool is_cut = false;
    bool is_undo = false; // The life has ended: whatever its memory still does reaches nothing.

    [[nodiscard]] bool is_down() const { return is_cut || is_undo; }
  };

  struct server_machine {
    std::shared_ptr<server_clock> time;
    caf::actor supervisor; // Of the present life.
    std::uint64_t incarnations = 0;
    duration pause{}; // Before the next life, should it end by itself.
    std::shared_ptr<storage_connection> line =
        std::make_shared<storage_connection>();                            // Of the present life.
    std::shared_ptr<memory_disk> outbox = std::make_shared<memory_disk>(); // Its own.
  };

  [[nodiscard]] static std::vector<server_machine> make_servers(std::uint32_t count,
                                                                world& sim_world);
  void boot_server(std::uint32_t index);
  [[nodiscard]] cluster_keeper_options membership_of(std::uint32_t index, const sim_node& node);
  [[nodiscard]] std::vector<node_address> known_addresses() const;
  void boot_worker(std::uint32_t index);
  [[nodiscard]] std::unique_ptr<process_executor> make_executor(std::uint32_t index);
  void watch(std::uint32_t index);
  void audit(std::uint32_t index);

  cluster_options options_;
  wiretap tap_{server_name(0)};
  std::shared_ptr<memory_disk> disk_ = std::make_shared<memory_disk>();
  task_scripts scripts_;
  std::vector<std::unique_ptr<process_executor>> executors_; // Of all lives: outlive the actors.
  std::vector<process_executor*> of_worker_;                 // Of the present life.
  std::unique_ptr<sim_client> client_;
  world world_;
  std::vector<server_machine> servers_;
  history history_;
  prng random_;
};

} // namespace belfry::sim
