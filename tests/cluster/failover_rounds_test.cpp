// A cluster of real processes under load, whose nodes and database are killed and stopped in turn.
//   BELFRY_ROUNDS=30 BELFRY_SEED=7 cluster_tests "[failover]"
#include "cluster_trial.hpp"

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

duration part_of(std::vector<duration> spans, double part) {
  std::sort(spans.begin(), spans.end());
  const auto at = std::ceil(part * static_cast<double>(spans.size()));
  return spans.at(static_cast<std::size_t>(std::max(at, 1.0)) - 1);
}

struct failover_fixture : cluster_trial {
  // Each fault says in a few words what it did.

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
    const std::string how = random.chance(50) ? "kill" : "immediate";
    nodes.fail_over(how);
    await_progress(); // Without a standby.
    nodes.rebuild_standby();
    return "database lost (" + how + "), standby promoted";
  }

  void play(std::uint64_t round, const std::string& kind) {
    std::string what;
    const auto paid = measure([&] {
      what = kind == "kill" ? kill_node() : kind == "stop" ? stop_node() : lose_database();
    });
    take_overs_[kind].push_back(paid.unacknowledged);
    std::cout << "round " << round << ": " << what << "; a submit waited for "
              << paid.unacknowledged.count() << " ms, no run began for " << paid.unstarted.count()
              << " ms" << std::endl;
  }

  void compare() const {
    for (const auto& [kind, spans] : take_overs_) {
      std::cout << kind << ": " << spans.size() << " rounds, p50 " << part_of(spans, 0.5).count()
                << " ms, p99 " << part_of(spans, 0.99).count() << " ms" << std::endl;
      CHECK(part_of(spans, 0.99) <= take_over_max);
    }
  }

private:
  std::map<std::string, std::vector<duration>> take_overs_; // By kind of fault.
};

} // namespace

TEST_CASE_METHOD(failover_fixture, "nodes and the database die in turn, and nothing is lost",
                 "[cluster][failover]") {
  CAPTURE(seed);
  std::vector<std::string> kinds{"kill", "stop", "database"};
  const auto rounds = number_from("BELFRY_ROUNDS", 4);
  for (std::uint64_t round = 0; round < rounds; ++round) {
    const auto left = kinds.size() - round % kinds.size(); // Each kind once in three rounds.
    std::swap(kinds[random.below(left)], kinds[left - 1]);
    play(round, kinds[left - 1]);
  }
  verify();
  compare();
}
