// A cluster of real processes under load; its nodes and its database are killed and stopped in
// turn.
//   BELFRY_ROUNDS=30 BELFRY_SEED=7 cluster_tests "[failover]"
#include "cluster_trial.hpp"

#include "support/number_from.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <iostream>
#include <map>
#include <thread>

using namespace belfry;
using namespace belfry::test;
using namespace std::chrono_literals;

namespace {

constexpr duration take_over_max{5'000}; // With `--failure-timeout 3s`.

duration quantile(std::vector<duration> spans, double share) {
  std::sort(spans.begin(), spans.end());
  const auto at = std::ceil(share * static_cast<double>(spans.size()));
  return spans.at(static_cast<std::size_t>(std::max(at, 1.0)) - 1);
}

struct failover_fixture : cluster_trial {
  // Each fault returns a description of what it did.

  std::string kill_node() {
    const auto victim = random.below(nodes.size());
    const bool is_slow = random.chance(50);
    nodes.end_node(victim, SIGKILL);
    std::this_thread::sleep_for(is_slow ? 6s : 0s);
    nodes.start_node(victim);
    return is_slow ? "node killed, back after 6 s" : "node killed, back at once";
  }

  std::string stop_node() {
    const auto victim = random.below(nodes.size());
    const bool is_long = random.chance(50);
    nodes.send(victim, SIGSTOP);
    std::this_thread::sleep_for(is_long ? 8s : 4s);
    nodes.send(victim, SIGCONT);
    return is_long ? "node stopped for longer than the lease"
                   : "node stopped for less than the lease";
  }

  std::string lose_database() {
    const std::string mode = random.chance(50) ? "kill" : "immediate";
    nodes.fail_over(mode);
    await_progress(); // Without a standby.
    nodes.rebuild_standby();
    return "database lost (" + mode + "), standby promoted";
  }

  void run_round(std::uint64_t round, const std::string& kind) {
    std::string fault;
    const auto measured = measure([&] {
      fault = kind == "kill" ? kill_node() : kind == "stop" ? stop_node() : lose_database();
    });
    take_overs_[kind].push_back(measured.unacknowledged);
    std::cout << "round " << round << ": " << fault << "; a submit waited for "
              << measured.unacknowledged.count() << " ms, no run began for "
              << measured.unstarted.count() << " ms" << std::endl;
  }

  void compare() const {
    for (const auto& [kind, spans] : take_overs_) {
      std::cout << kind << ": " << spans.size() << " rounds, p50 " << quantile(spans, 0.5).count()
                << " ms, p99 " << quantile(spans, 0.99).count() << " ms" << std::endl;
      CHECK(quantile(spans, 0.99) <= take_over_max);
    }
  }

private:
  std::map<std::string, std::vector<duration>> take_overs_; // By kind of fault.
};

} // namespace

TEST_CASE_METHOD(failover_fixture, "nodes and the database fail in turn, and nothing is lost",
                 "[cluster][failover]") {
  CAPTURE(seed);
  std::vector<std::string> kinds{"kill", "stop", "database"};
  const auto rounds = number_from("BELFRY_ROUNDS", 4);
  for (std::uint64_t round = 0; round < rounds; ++round) {
    const auto left = kinds.size() - round % kinds.size(); // Each kind once in three rounds.
    std::swap(kinds[random.below(left)], kinds[left - 1]);
    run_round(round, kinds[left - 1]);
  }
  verify();
  compare();
}
