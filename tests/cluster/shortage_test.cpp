// A node and a worker under load, of which one or the other is left with few descriptors now and
// then.
//   BELFRY_ROUNDS=100 BELFRY_SEED=7 cluster_tests "[shortage]"
#include "child_process.hpp"
#include "load_trial.hpp"
#include "node_with_worker.hpp"

#include "random/prng.hpp"
#include "support/descriptor_shortage.hpp"
#include "support/number_from.hpp"
#include "support/own_loopback.hpp"
#include "support/scratch_directory.hpp"
#include "wire/exec_payload.hpp"

#include <sys/resource.h>

#include <catch2/catch.hpp>

#include <algorithm>
#include <fstream>
#include <iostream>
#include <map>
#include <memory>
#include <mutex>
#include <thread>

using namespace belfry;
using namespace belfry::test;

namespace {

constexpr std::size_t tasks_per_round = 20;
constexpr duration patience{120'000};
constexpr rlim_t low_limit_count = 256;

/// The soft limit of this process and of those that it starts, until it is destroyed. They raise
/// their own, and their commands get this one: no shortage of a node reaches its commands.
class low_soft_limit {
public:
  low_soft_limit() {
    REQUIRE(getrlimit(RLIMIT_NOFILE, &before_) == 0);
    auto low = before_;
    low.rlim_cur = std::min(low.rlim_cur, low_limit_count);
    REQUIRE(setrlimit(RLIMIT_NOFILE, &low) == 0);
  }
  ~low_soft_limit() { setrlimit(RLIMIT_NOFILE, &before_); }
  low_soft_limit(const low_soft_limit&) = delete;
  low_soft_limit& operator=(const low_soft_limit&) = delete;

private:
  rlimit before_{};
};

struct shortage_fixture {
  /// A command that records its task, and takes a moment.
  [[nodiscard]] std::string recording_command() const {
    const auto written = write(exec_payload{
        .command = {"echo $BELFRY_TASK >> " + runs_path + "; sleep 0.1"}, .shell = true});
    REQUIRE(written.ok());
    return *written;
  }

  void submit() {
    task_spec task;
    task.kind = "exec";
    task.payload = recording_command();
    task.due = wall_time() + duration{random.below(1'500)};
    producer->submit_async(std::move(task), [this](const result<submitted>& outcome) {
      const std::lock_guard lock{mutex};
      if (outcome)
        accepted.push_back(outcome->id);
      else
        refusals.push_back(outcome.error().what);
    });
  }

  void run_round() {
    const auto victim = random.chance(50) ? node.node().id() : worker.id();
    const auto left = 1 + random.below(15); // A command takes 8 when it starts and keeps 5.
    REQUIRE(leave_descriptors(victim, left));
    for (std::size_t task = 0; task < tasks_per_round; ++task)
      submit();
    std::this_thread::sleep_for(duration{500 + random.below(1'500)});
    REQUIRE(return_descriptors(victim));
    REQUIRE(producer->flush(patience).ok());
    std::cout << (victim == worker.id() ? "the worker had " : "the node had ") << left
              << " descriptors left" << std::endl;
  }

  /// How often each task has recorded itself.
  [[nodiscard]] std::map<std::string, int> recorded_runs() const {
    std::map<std::string, int> counts;
    std::ifstream records{runs_path};
    for (std::string task; records >> task;)
      ++counts[task];
    return counts;
  }

  void check_tasks() {
    for (const auto& task : accepted) {
      CAPTURE(to_string(task));
      const auto settled = producer->tasks().wait(task, patience);
      REQUIRE(settled.ok());
      CHECK(settled->state == task_state::succeeded);
      CHECK(settled->attempt == 1);
      CHECK(settled->crashes == 0);
    }
    const auto counts = recorded_runs();
    for (const auto& task : accepted) {
      CAPTURE(to_string(task));
      CHECK((counts.contains(to_string(task)) && counts.at(to_string(task)) == 1));
    }
    CHECK(counts.size() == accepted.size());
  }

  const std::uint64_t seed = seed_of_trial();
  prng random{seed};
  const scratch_directory scratch;
  const std::string runs_path = scratch.file("runs");
  const low_soft_limit low_limit;
  node_with_worker node{node_with_worker::options{.slots = 2}};
  child_process worker{BELFRY_PROGRAM " node --log-level off --slots 4 --join " + own_loopback() +
                       ":" + std::to_string(node.port())};
  std::mutex mutex;
  std::vector<task_id> accepted;
  std::vector<std::string> refusals;
  std::unique_ptr<client> producer = node.connect(node.port()); // Destroyed first: it calls back.
};

} // namespace

TEST_CASE_METHOD(shortage_fixture, "a shortage of descriptors under load costs no task an attempt",
                 "[cluster][shortage]") {
  CAPTURE(seed);
  const auto rounds = number_from("BELFRY_ROUNDS", 3);
  for (std::uint64_t round = 0; round < rounds; ++round)
    run_round();
  CHECK(accepted.size() == rounds * tasks_per_round);
  for (const auto& reason : refusals)
    FAIL_CHECK("refused: " << reason);
  check_tasks();
  CHECK(worker.end(SIGTERM) == 0);
  CHECK(node.node().end(SIGTERM) == 0);
}
