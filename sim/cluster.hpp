#pragma once

#include "history.hpp"
#include "journal/memory_disk.hpp"
#include "script_book.hpp"
#include "server_clock.hpp"
#include "shard.hpp"
#include "sim_client.hpp"
#include "sim_executor.hpp"
#include "wiretap.hpp"
#include "world.hpp"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace belfry::sim {

struct cluster_options {
  std::uint64_t seed = 1;
  std::uint32_t workers = 2;
  std::uint32_t slots = 4; ///< of each worker
  std::uint16_t shards = 4;
  std::vector<std::string> kinds; ///< that the workers have handlers for
  /// Kinds that a worker lacks, by number.
  std::map<std::uint32_t, std::string> lacking;
  network_options network;
  instant begin = world_begin; ///< when the world begins
  shard_limits of_shards{};
  std::uint64_t avalanche = 1'000'000; ///< tasks that come due in one millisecond, if any do
  /// Makes checkers of one's own; may be empty.
  std::function<std::vector<std::unique_ptr<checker>>()> more_checkers;
  /// Makes what runs the handlers of a worker; empty: one that follows the scripts.
  std::function<std::unique_ptr<process_executor>(process_executor::setup, world&, history&)>
      make_executor;
};

/// A production node that keeps tasks, worker nodes beside it and a user, in one world.
class cluster {
public:
  explicit cluster(cluster_options options);
  ~cluster();
  cluster(const cluster&) = delete;
  cluster& operator=(const cluster&) = delete;

  [[nodiscard]] world& inside() { return world_; }
  [[nodiscard]] history& seen() { return history_; }
  [[nodiscard]] script_book& scripts() { return scripts_; }
  [[nodiscard]] sim_client& client() { return *client_; }
  [[nodiscard]] memory_disk& disk() { return *disk_; }
  [[nodiscard]] server_clock& time_of_server() { return *server_clock_; }
  [[nodiscard]] const cluster_options& options() const { return options_; }

  /// Ends the server and cuts the power of its disk, and starts it again after `pause`. Nothing
  /// happens if it is down already.
  void crash_server(death how, crash_mode of_disk, duration pause);
  void crash_worker(std::uint32_t index, death how, duration pause);
  /// The whole site loses power, and the server's disk is replaced by the last backup of it, or by
  /// an empty one if there is none. What was acknowledged since is lost.
  void replace_disk();
  [[nodiscard]] bool is_server_up() const { return world_.find(server_name) != nullptr; }
  [[nodiscard]] caf::actor server_child(const std::string& name, std::uint16_t index) const {
    return tap_.child(name, index);
  }
  /// Asks every shard whether its books are right; what is wrong goes to the history.
  void audit();

  [[nodiscard]] static std::string worker_name(std::uint32_t index) {
    return "worker" + std::to_string(index);
  }
  static constexpr const char* server_name = "server";
  static constexpr const char* client_name = "client";

private:
  void boot_server();
  void boot_worker(std::uint32_t index);
  [[nodiscard]] std::unique_ptr<process_executor> make_executor(std::uint32_t index);
  void watch(const caf::actor& supervisor);

  cluster_options options_;
  wiretap tap_{server_name};
  std::shared_ptr<memory_disk> disk_ = std::make_shared<memory_disk>();
  script_book scripts_;
  std::vector<std::unique_ptr<process_executor>> executors_; // Of all lives: outlive the actors.
  std::vector<process_executor*> of_worker_;                 // Of the present life.
  std::unique_ptr<sim_client> client_;
  world world_;
  std::shared_ptr<server_clock> server_clock_;
  history history_;
  prng random_;
  std::uint64_t server_lives_ = 0;
};

} // namespace belfry::sim
