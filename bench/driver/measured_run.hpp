#pragma once

#include "child.hpp"
#include "machine.hpp"
#include "payload.hpp"

#include "belfry/client.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace belfry::bench {

/// The setup of a run, from the command line.
struct bench_options {
  std::string store;                     ///< a database; empty: a fresh directory
  std::uint16_t shards = 0;              ///< 0: as many as a new node makes
  std::uint32_t slots = 64;              ///< of a worker
  std::optional<std::uint32_t> prefetch; ///< of a worker
  std::uint32_t workers = 1;
  durability level = durability::durable;
  std::size_t open_max = 0; ///< tasks per shard; 0: as usual
  std::int64_t run_us = 0;  ///< each run sleeps this long
  std::int64_t queues = 0;  ///< number of queues that get the tasks in turn; 0: the default queue
  std::int64_t fail_every = 0; ///< each task whose number this divides fails once; 0: none
  int tries = 3;               ///< of a run while other programs use the machine
};

/// A node process on its own data directory, or alone on a store, and a client of it for asking.
class bench_node {
public:
  explicit bench_node(const bench_options& options);

  [[nodiscard]] pid_t process() const { return process_->id(); }
  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] const std::string& directory() const { return directory_.path(); }
  [[nodiscard]] std::string data_directory() const { return directory_.path() + "/data"; }
  [[nodiscard]] std::string log() const { return directory_.path() + "/log"; }
  [[nodiscard]] client& control_client() { return *client_; }

  /// Tasks that are not settled; nothing while a shard does not answer.
  [[nodiscard]] std::optional<std::int64_t> count_open();
  /// Waits until no task is open. Returns when it was seen, or nothing after `timeout_ms`.
  std::optional<std::int64_t> wait_until_empty(std::int64_t timeout_ms);

  void kill();
  /// Starts it again, on the same port. Returns once it listens.
  void restart();

private:
  void empty_store() const;
  void launch();

  const bench_options options_;
  temporary_directory directory_;
  std::uint16_t port_ = 0;
  std::unique_ptr<child> process_;
  std::unique_ptr<client> client_;
};

struct producer_report {
  std::int64_t n = 0;
  std::int64_t start_us = 0;
  std::int64_t end_us = 0;
  std::int64_t t0_us = 0;

  [[nodiscard]] double seconds() const { return static_cast<double>(end_us - start_us) / 1e6; }
};

/// One timed stretch: some workers, perhaps a producer, and what the machine did meanwhile.
class measured_run {
public:
  measured_run(bench_node& node, const bench_options& options);
  ~measured_run() = default;
  measured_run(const measured_run&) = delete;
  measured_run& operator=(const measured_run&) = delete;

  /// Returns when all of them were attached.
  std::int64_t start_workers();
  /// `--key value` pairs for the producer.
  producer_report run_producer(const std::vector<std::string>& arguments, std::int64_t timeout_ms);
  /// Waits until the workers have run `n` tasks.
  void wait_until_run(std::int64_t n, std::int64_t timeout_ms);
  /// Ends workers and measurement.
  void finish();

  // After `finish`:
  std::vector<run_record> records; ///< of all workers
  double node_cpu_seconds = 0;
  double worker_cpu_seconds = 0;
  double producer_cpu_seconds = 0;
  double other_cores = 0; ///< used by other programs of the machine

private:
  bench_lock lock_;
  bench_node& node_;
  const bench_options options_;
  std::vector<std::unique_ptr<child>> workers_;
  std::vector<std::string> record_files_;
  double node_cpu_before_;
  double machine_cpu_before_;
  std::int64_t begin_us_;
};

} // namespace belfry::bench
