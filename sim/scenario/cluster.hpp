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
#include <optional>
#include <string>
#include <vector>

namespace belfry::sim {

struct cluster_options {
  std::uint64_t seed = 1;
  /// Nodes that own shards. A single one has its own disk; several share a storage that survives
  /// the crash of any of them.
  std::uint32_t servers = 1;
  std::uint32_t workers = 2;
  std::uint32_t slots = 4; ///< of each worker
  std::uint16_t shards = 4;
  std::vector<std::string> kinds; ///< of the handlers of the workers
  /// A kind that a worker has no handler for, by index of the worker.
  std::map<std::uint32_t, std::string> missing_kinds;
  network_options network;
  instant start_time = default_start_time; ///< the wall clock when the world starts
  shard_limits per_shard_limits{};
  submit_limits admission_limits{};
  std::size_t batch_max = 512;               ///< tasks per message of the client
  std::uint64_t thundering_herd = 1'000'000; ///< tasks of that workload, due in one millisecond
  /// Makes additional checkers; may be empty.
  std::function<std::vector<std::unique_ptr<checker>>()> extra_checkers;
  /// Makes the executor of a worker; empty: a `sim_executor`.
  std::function<std::unique_ptr<process_executor>(process_executor::setup, world&, history&)>
      make_executor;
};

/// Production server nodes, worker nodes and a client in one world.
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

  /// Kills a server and restarts it after `pause`. A single server loses the power of its disk as
  /// well. No effect if the server is down.
  void crash_server(std::uint32_t index, crash_kind kind, crash_mode disk_mode, duration pause);
  /// Stops a server gracefully and restarts it after `pause`.
  void restart_server(std::uint32_t index, duration pause);
  /// Cuts a server off from the shared storage, or reconnects it.
  void cut_off_server(std::uint32_t index, bool is_cut_off) {
    servers_[index].connection->is_cut = is_cut_off;
  }
  /// Crashes the shared storage, which restarts at once with its durable writes.
  void crash_storage(crash_mode mode) { disk_->crash(mode, random_.next()); }
  void crash_worker(std::uint32_t index, crash_kind kind, duration pause);
  /// Tells a worker to stop, interrupts its runs after `grace`, and restarts its process `pause`
  /// after its end. No effect if the worker is down or stops already.
  void stop_worker(std::uint32_t index, duration grace, duration pause);
  /// Kills the servers and replaces their disk by its last backup, or by an empty one if there is
  /// none. All that was acknowledged since is lost. Workers and the client live through it. A
  /// server starts again when the clock of its machine has passed the epochs that are lost.
  void replace_disk();
  [[nodiscard]] bool is_every_server_up() const;
  [[nodiscard]] bool is_shared() const { return options_.servers > 1; }
  /// Draws one of the servers; draws nothing from `random` if there is only one.
  [[nodiscard]] std::uint32_t draw_server(prng& random) const {
    return is_shared() ? static_cast<std::uint32_t>(random.below(options_.servers)) : 0;
  }
  [[nodiscard]] caf::actor server_child(std::uint32_t server, const std::string& name,
                                        std::uint16_t index) const {
    return tap_.child(server_name(server), name, index);
  }
  /// Audits the state of every shard; the history gets what is inconsistent.
  void audit();

  [[nodiscard]] static std::string worker_name(std::uint32_t index) {
    return "worker" + std::to_string(index);
  }
  [[nodiscard]] static std::string server_name(std::uint32_t index) {
    return index == 0 ? "server" : "server" + std::to_string(index);
  }
  static constexpr const char* client_name = "client";

private:
  /// Connects one incarnation of a server to the shared storage.
  struct storage_connection {
    bool is_cut = false;
    bool is_closed = false; // The incarnation has ended: its memory reaches nothing.

    [[nodiscard]] bool is_down() const { return is_cut || is_closed; }
  };

  struct server_machine {
    std::shared_ptr<server_clock> time;
    std::optional<instant> booted_at; // By its own wall clock; nothing: it has no power.
    caf::actor supervisor;            // Of the present incarnation.
    std::uint64_t incarnations = 0;
    duration pause{}; // Before the restart, should it end by itself.
    std::shared_ptr<storage_connection> connection =
        std::make_shared<storage_connection>(); // Of the present incarnation.
    std::shared_ptr<memory_disk> outbox = std::make_shared<memory_disk>(); // Its own disk.
  };

  /// The present incarnation of a worker's process.
  struct worker_process {
    caf::actor worker; // Null: it is down.
    std::uint64_t incarnations = 0;
    bool is_stopping = false;
  };

  [[nodiscard]] static std::vector<server_machine> make_servers(std::uint32_t count,
                                                                world& sim_world);
  void boot_server(std::uint32_t index);
  [[nodiscard]] bool may_boot(std::uint32_t server) const;
  [[nodiscard]] cluster_keeper_options cluster_keeper_of(std::uint32_t index, const sim_node& node);
  [[nodiscard]] std::vector<node_address> known_addresses() const;
  void boot_worker(std::uint32_t index);
  [[nodiscard]] std::unique_ptr<process_executor> make_executor(std::uint32_t index);
  void watch(std::uint32_t index);
  void audit(std::uint32_t index);

  cluster_options options_;
  wiretap tap_{server_name(0)};
  std::shared_ptr<memory_disk> disk_ = std::make_shared<memory_disk>();
  task_scripts scripts_;
  std::vector<std::unique_ptr<process_executor>>
      executors_;                                    // Of all incarnations: outlive the actors.
  std::vector<process_executor*> current_executors_; // By worker; of the present incarnations.
  std::unique_ptr<sim_client> client_;
  world world_;
  std::vector<server_machine> servers_;
  std::vector<worker_process> workers_;
  history history_;
  prng random_;
  std::uint64_t lost_epoch_ = 0; // The greatest of a shard on a disk that was lost; 0: none was.
};

} // namespace belfry::sim
