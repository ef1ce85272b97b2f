// Real processes, killed under load. The producer's list of acknowledgements is the reference.
//   BELFRY_ROUNDS=145 BELFRY_SEED=7 cluster_tests "[kills]"
#include "child_process.hpp"
#include "load_trial.hpp"

#include "belfry/client.hpp"

#include "random/prng.hpp"
#include "support/number_from.hpp"
#include "support/own_loopback.hpp"

#include <catch2/catch.hpp>

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <set>
#include <unistd.h>

using namespace belfry;
using namespace std::chrono_literals;

namespace {

/// The tasks that were acknowledged, and when each is due.
class acknowledgements {
public:
  void add(task_id id, instant due) {
    {
      std::unique_lock lock{mutex_};
      due_[id] = due;
    }
    more_.notify_all();
  }
  void wait_for(std::size_t count) {
    std::unique_lock lock{mutex_};
    REQUIRE(more_.wait_for(lock, 120s, [&] { return due_.size() >= count; }));
  }
  [[nodiscard]] std::map<task_id, instant> all() {
    std::unique_lock lock{mutex_};
    return due_;
  }

private:
  std::mutex mutex_;
  std::condition_variable more_;
  std::map<task_id, instant> due_;
};

struct kill_fixture {
  std::string directory;
  std::string port = "0";
  std::optional<test::child_process> node;
  std::optional<test::child_process> worker;
  acknowledgements acknowledged;

  kill_fixture() {
    std::string pattern = std::filesystem::temp_directory_path() / "belfry-kill-XXXXXX";
    directory = mkdtemp(pattern.data());
    start_node();
    start_worker();
  }
  ~kill_fixture() {
    worker.reset();
    node.reset();
    std::filesystem::remove_all(directory);
  }

  void start_node() {
    node.emplace(std::string{BELFRY_PROGRAM} + " node --log-level off --bind " +
                 test::own_loopback() + " --port " + port + " --shards 4 --data " + directory +
                 "/data");
    const auto listening = node->read_line();
    REQUIRE(listening.find("listening on ") == 0);
    port = listening.substr(listening.rfind(':') + 1);
  }
  void start_worker() {
    worker.emplace(std::string{BELFRY_RECORDING_WORKER} + " " + directory + "/notes " +
                   test::own_loopback() + " " + port);
    REQUIRE(worker->read_line().find("working") != std::string::npos);
  }

  void submit(client& producer, prng& random) {
    task_spec spec;
    spec.kind = "note";
    spec.payload = std::string(128, 'x');
    spec.due = test::wall_time() + duration{random.below(300)};
    // The kills must not use up the retry budget of a task.
    spec.retry.attempts_max = spec.retry.crashes_max = 1000;
    spec.retry.delay_min = 100ms;
    spec.retry.delay_max = 500ms;
    const auto due = *spec.due;
    producer.submit_async(std::move(spec), [this, due](result<submitted> outcome) {
      if (outcome)
        acknowledged.add(outcome->id, due);
    });
  }

  /// Waits until no task is open.
  void settle(client& producer) {
    task_filter open;
    open.states = {task_state::scheduled, task_state::ready, task_state::reserved,
                   task_state::running};
    for (;;) {
      const auto left = producer.tasks().list(open);
      REQUIRE(left.ok());
      if (left->empty())
        return;
      REQUIRE(producer.tasks().wait(left->front().id, 60s).ok());
    }
  }

  void check_records(const std::map<task_id, instant>& due) {
    std::ifstream records{directory + "/notes"};
    std::set<std::pair<std::uint64_t, std::uint64_t>> finished;
    char event = 0;
    std::uint64_t task = 0;
    std::uint64_t token = 0;
    std::int64_t at_ms = 0;
    std::size_t early = 0;
    std::size_t twice = 0;
    while (records >> event >> task >> token >> at_ms) {
      if (event == 'S' && due.contains({task}) && instant_of_ms(at_ms) < due.at({task}))
        ++early;
      if (event == 'F' && !finished.emplace(task, token).second)
        ++twice;
    }
    CHECK(early == 0);
    CHECK(twice == 0);
    CHECK(finished.size() >= due.size());
  }
};

} // namespace

TEST_CASE_METHOD(kill_fixture, "kills of node and worker lose no acknowledged task",
                 "[cluster][kills]") {
  constexpr std::size_t per_round = 150;
  const auto seed = test::seed_of_trial();
  CAPTURE(seed);
  const auto rounds = test::number_from("BELFRY_ROUNDS", 50);
  prng random{seed};
  auto producer =
      client::connect(test::own_loopback(), static_cast<std::uint16_t>(std::stoi(port)));
  REQUIRE(producer.ok());
  std::size_t sent = 0;
  for (std::uint64_t round = 0; round < rounds; ++round) {
    for (std::size_t i = 0; i < per_round; ++i)
      submit(**producer, random);
    sent += per_round;
    acknowledged.wait_for(sent - random.below(per_round + 1));
    if (random.chance(50)) {
      node->end(SIGKILL);
      start_node();
    } else {
      worker->end(SIGKILL);
      start_worker();
    }
  }
  acknowledged.wait_for(sent);
  settle(**producer);

  const auto due = acknowledged.all();
  CHECK(due.size() == sent);
  task_filter all;
  all.count_max = 2 * sent;
  const auto listed = (*producer)->tasks().list(all);
  REQUIRE(listed.ok());
  std::size_t succeeded = 0;
  for (const auto& task : *listed)
    succeeded += due.contains(task.id) && task.state == task_state::succeeded ? 1U : 0U;
  CHECK(succeeded == sent);
  check_records(due);
}
