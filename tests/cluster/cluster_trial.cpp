#include "cluster_trial.hpp"

#include "support/number_from.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <chrono>
#include <functional>
#include <iostream>
#include <thread>
#include <utility>

namespace belfry::test {

namespace {

using namespace std::chrono_literals;

constexpr duration timeout{60'000};

void await(const std::function<bool()>& is_met) {
  const auto end = wait_clock::now() + timeout;
  while (!is_met()) {
    REQUIRE(wait_clock::now() < end);
    std::this_thread::sleep_for(100ms);
  }
}

} // namespace

cluster_trial::cluster_trial(std::string flags) : nodes(std::move(flags)) {
  std::cout << "BELFRY_SEED=" << seed << std::endl;
  nodes.settle(load_.load_client());
  await_progress();
}

std::uint64_t cluster_trial::seed_of_trial() {
  return number_from("BELFRY_SEED",
                     static_cast<std::uint64_t>(wall_time().time_since_epoch().count()));
}

void cluster_trial::await_progress() {
  REQUIRE(load_.await_acknowledgements(timeout));
}

cluster_trial::outage cluster_trial::outage_since(wait_clock::time_point begin) {
  nodes.settle(load_.load_client());
  await_progress();
  const auto waits = load_.waits_since(begin);
  const auto span = std::chrono::duration_cast<duration>(wait_clock::now() - begin);
  await_runs(load_.acknowledged());
  const auto now = wall_time();
  return {*std::max_element(waits.begin(), waits.end()), records_.longest_pause(now - span, now)};
}

void cluster_trial::await_runs(const std::map<task_id, instant>& tasks) {
  await([&] {
    records_.read_on();
    return records_.unfinished(tasks) == 0;
  });
}

duration cluster_trial::longest_delay() {
  const auto all = load_.acknowledged();
  await_runs(all);
  return records_.longest_delay(all);
}

void cluster_trial::await_successes(const std::map<task_id, instant>& tasks) {
  task_filter succeeded;
  succeeded.states = {task_state::succeeded};
  succeeded.count_max = 2 * tasks.size();
  await([&] {
    const auto listed = load_.load_client().tasks().list(succeeded);
    REQUIRE(listed.ok());
    return tasks.size() == static_cast<std::size_t>(
                               std::count_if(listed->begin(), listed->end(), [&](const auto& task) {
                                 return tasks.contains(task.id);
                               }));
  });
}

void cluster_trial::verify(const std::map<task_id, instant>& others) {
  REQUIRE(load_.stop(timeout));
  auto due = load_.acknowledged();
  due.insert(others.begin(), others.end());
  await_runs(due);
  await_successes(due);
  for (const auto& reason : load_.refused())
    FAIL_CHECK("refused: " << reason);
  for (const auto& violation : records_.violations(due))
    FAIL_CHECK(violation);
  std::cout << due.size() << " tasks were accepted, and all succeeded" << std::endl;
}

} // namespace belfry::test
