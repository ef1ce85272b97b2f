// A node under load whose disk loses its power, with all that was not synced. A file system in a
// file is shut down for that, where the test may mount one.
//   BELFRY_ROUNDS=60 BELFRY_SEED=7 cluster_tests "[powercuts]"
#include "load_trial.hpp"
#include "node_with_worker.hpp"

#include "support/loop_disk.hpp"
#include "support/number_from.hpp"
#include "support/scratch_directory.hpp"

#include "random/prng.hpp"

#include <sys/wait.h>

#include <catch2/catch.hpp>

#include <csignal>
#include <iostream>
#include <thread>

using namespace belfry;
using namespace belfry::test;

namespace {

/// A node tries to reopen its journal for a while, and then ends in order.
void await_end(node_with_worker& node) {
  const auto ended = node.node().end(0);
  REQUIRE(WIFEXITED(ended));
  CHECK(WEXITSTATUS(ended) == 1);
}

struct powercuts_fixture {
  void run_round(node_with_worker& node, load_trial& load) {
    std::this_thread::sleep_for(duration{500 + random.below(3'500)});
    const auto begin = wait_clock::now();
    disk.cut_power();
    const bool is_machine_off = random.chance(75);
    if (is_machine_off)
      node.node().end(SIGKILL);
    else
      await_end(node);
    disk.unmount();
    REQUIRE(disk.mount());
    node.start_node();
    const auto measured = load.outage_since(begin);
    std::cout << (is_machine_off ? "machine" : "disk") << " without power; a submit waited for "
              << measured.unacknowledged.count() << " ms" << std::endl;
  }

  const std::uint64_t seed = seed_of_trial();
  prng random{seed};
  const scratch_directory scratch;
  loop_disk disk{scratch.file("")};
};

} // namespace

TEST_CASE_METHOD(powercuts_fixture, "power cuts under load lose no acknowledged task",
                 "[cluster][powercuts]") {
  CAPTURE(seed);
  if (!disk.mount())
    return;
  node_with_worker node{node_with_worker::options{.data = disk.file("data")}};
  node.start_worker(node.port());
  load_trial load{node.connect(node.port()), node.run_records_path(), seed};
  load.await_progress();
  const auto rounds = number_from("BELFRY_ROUNDS", 2);
  for (std::uint64_t round = 0; round < rounds; ++round)
    run_round(node, load);
  load.verify();
  CHECK(node.node().end(SIGTERM) == 0);
}
