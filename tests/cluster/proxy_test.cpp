// A node whose clients and workers reach it through a network that damages what it carries.
//   BELFRY_ROUNDS=100 BELFRY_SEED=7 cluster_tests "[proxy]"
#include "faulty_proxy.hpp"
#include "load_trial.hpp"
#include "node_with_worker.hpp"

#include "support/number_from.hpp"
#include "support/own_loopback.hpp"
#include "support/process_usage.hpp"
#include "support/scratch_directory.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include <chrono>
#include <cstddef>
#include <iostream>
#include <thread>

using namespace belfry;
using namespace belfry::test;

namespace {

/// A node remembers up to 20,000 settled tasks of each shard; the sanitizers add to that.
constexpr long growth_max_mib = 400;
/// The storage opens files as it grows.
constexpr std::size_t descriptors_growth_max = 64;
/// Faults end then, if too little passes for all of them.
constexpr duration faults_span_max{10'000};

/// Of the processes of a trial; this one has the client and the proxy.
struct usages {
  explicit usages(node_with_worker& processes)
      : node(processes.node().id()), worker(processes.worker().id()), self(getpid()) {}

  process_usage node;
  process_usage worker;
  process_usage self;
};

void check_growth(const usages& before, const usages& after) {
  CHECK(after.node.memory_mib - before.node.memory_mib < growth_max_mib);
  CHECK(after.worker.memory_mib - before.worker.memory_mib < growth_max_mib);
  CHECK(after.node.descriptors < before.node.descriptors + descriptors_growth_max);
  CHECK(after.worker.descriptors < before.worker.descriptors + descriptors_growth_max);
  CHECK(after.self.descriptors < before.self.descriptors + descriptors_growth_max);
}

struct proxy_fixture {
  void run_round(faulty_proxy& proxy, load_trial& load) {
    const auto begin = wait_clock::now();
    const auto faults = proxy.faults();
    const auto faults_wanted = faults + 1 + random.below(8);
    proxy.set_faults(true);
    while (proxy.faults() < faults_wanted && wait_clock::now() < begin + faults_span_max)
      std::this_thread::sleep_for(duration{10});
    proxy.set_faults(false);
    const auto measured = load.outage_since(begin);
    std::cout << proxy.faults() - faults << " faults; a submit waited for "
              << measured.unacknowledged.count() << " ms, no run began for "
              << measured.unstarted.count() << " ms" << std::endl;
  }

  void run_trial(const link_ends& links) {
    node_with_worker node{node_with_worker::options{.links = links}};
    faulty_proxy proxy{own_loopback(), node.port(), seed};
    node.start_worker(proxy.port());
    {
      load_trial load{node.connect(proxy.port()), node.run_records_path(), seed};
      load.await_progress();
      const usages before{node};
      const auto rounds = number_from("BELFRY_ROUNDS", 2);
      for (std::uint64_t round = 0; round < rounds; ++round)
        run_round(proxy, load);
      load.verify();
      check_growth(before, usages{node});
    }
    CHECK(proxy.faults() > 0);
    std::cout << proxy.connections() << " connections" << std::endl;
    // Neither has ended before: the node ends in order, the worker by this signal.
    CHECK(node.node().end(SIGTERM) == 0);
    const auto ended = node.worker().end(SIGTERM);
    CHECK((WIFSIGNALED(ended) && WTERMSIG(ended) == SIGTERM));
  }

  const std::uint64_t seed = seed_of_trial();
  prng random{seed};
  const scratch_directory scratch;
};

} // namespace

TEST_CASE_METHOD(proxy_fixture, "a network that damages plain text loses no acknowledged task",
                 "[cluster][proxy]") {
  CAPTURE(seed);
  run_trial(plain_links());
}

TEST_CASE_METHOD(proxy_fixture, "a network that damages TLS loses no acknowledged task",
                 "[cluster][proxy]") {
  CAPTURE(seed);
  run_trial(tls_links(scratch.file("certificates")));
}
