#include "load_trial.hpp"

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
/// More than the load accepts while a task is waited for.
constexpr std::size_t later_tasks_max = 20'000;
/// Between this process and a shard.
constexpr duration clock_difference_max{1'000};

/// Returns whether it is met in time.
bool await(const std::function<bool()>& is_met) {
  const auto end = wait_clock::now() + timeout;
  while (!is_met()) {
    if (wait_clock::now() > end)
      return false;
    std::this_thread::sleep_for(100ms);
  }
  return true;
}

} // namespace

std::uint64_t seed_of_trial() {
  const auto seed = number_from("BELFRY_SEED",
                                static_cast<std::uint64_t>(wall_time().time_since_epoch().count()));
  std::cout << "BELFRY_SEED=" << seed << std::endl;
  return seed;
}

load_trial::load_trial(std::unique_ptr<client> load_client, const std::string& run_records_path,
                       std::uint64_t seed)
    : load_(std::move(load_client), seed), records_(run_records_path) {}

void load_trial::await_progress() {
  REQUIRE(load_.await_acknowledgements(timeout));
}

load_trial::outage load_trial::outage_since(wait_clock::time_point begin) {
  await_progress();
  const auto waits = load_.waits_since(begin);
  const auto span = std::chrono::duration_cast<duration>(wait_clock::now() - begin);
  const auto acknowledged = load_.acknowledged();
  await_runs(acknowledged);
  const auto now = wall_time();
  const outage measured{*std::max_element(waits.begin(), waits.end()),
                        records_.longest_pause(now - span, now)};
  confirm(acknowledged);
  return measured;
}

void load_trial::await_runs(const std::map<task_id, instant>& tasks) {
  const bool have_run = await([&] {
    records_.read_on();
    return records_.unfinished(tasks) == 0;
  });
  if (!have_run)
    FAIL(explain_open_tasks());
}

std::string load_trial::explain_open_tasks() {
  task_filter open;
  open.states = {task_state::ready, task_state::reserved, task_state::running};
  open.count_max = 5;
  const auto listed = load_.load_client().tasks().list(open);
  REQUIRE(listed.ok());
  std::string text = "open tasks, not all of them perhaps:";
  for (const auto& task : *listed) {
    const auto explained = load_.load_client().tasks().explain(task.id);
    text +=
        "\n" + to_string(task.id) + ": " + (explained ? explained->text : explained.error().what);
  }
  return text;
}

duration load_trial::longest_delay() {
  const auto all = load_.acknowledged();
  await_runs(all);
  return records_.longest_delay(all);
}

/// A shard remembers only its latest 20,000 settled tasks: a long trial confirms them as it goes.
void load_trial::confirm(std::map<task_id, instant> tasks) {
  std::erase_if(tasks, [this](const auto& task) { return confirmed_.contains(task.first); });
  if (tasks.empty())
    return;
  REQUIRE(await([&] { return count_succeeded(tasks) == tasks.size(); }));
  for (const auto& [task, due] : tasks)
    confirmed_.insert(task);
}

std::size_t load_trial::count_succeeded(const std::map<task_id, instant>& tasks) {
  const auto first =
      std::min_element(tasks.begin(), tasks.end(), [](const auto& left, const auto& right) {
        return left.second < right.second;
      });
  task_filter succeeded;
  succeeded.states = {task_state::succeeded};
  succeeded.due_from = first->second - clock_difference_max;
  succeeded.count_max = tasks.size() + later_tasks_max;
  const auto listed = load_.load_client().tasks().list(succeeded);
  REQUIRE(listed.ok());
  return static_cast<std::size_t>(std::count_if(
      listed->begin(), listed->end(), [&](const auto& task) { return tasks.contains(task.id); }));
}

void load_trial::verify(const std::map<task_id, instant>& others) {
  REQUIRE(load_.stop(timeout));
  auto due = load_.acknowledged();
  due.insert(others.begin(), others.end());
  await_runs(due);
  confirm(due);
  for (const auto& reason : load_.refused())
    FAIL_CHECK("refused: " << reason);
  for (const auto& violation : records_.violations(due))
    FAIL_CHECK(violation);
  std::cout << due.size() << " tasks were accepted, and all succeeded" << std::endl;
}

} // namespace belfry::test
