#include "verification.hpp"

#include "cli/text/progress.hpp"
#include "cli/text/table.hpp"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <map>
#include <memory>
#include <ostream>
#include <set>
#include <sstream>

namespace belfry::demo {

namespace {

constexpr std::size_t copies_checked_max = 300;
constexpr std::size_t files_per_command = 200;

/// What a command of the shell writes.
std::string output_of(const std::string& command) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> pipe{::popen(command.c_str(), "r"),
                                                             ::pclose};
  std::string text;
  char some[4096];
  while (pipe) {
    const auto count = std::fread(some, 1, sizeof some, pipe.get());
    if (count == 0)
      break;
    text.append(some, count);
  }
  return text;
}

std::string first_word(const std::string& text) {
  return text.substr(0, text.find_first_of(" \n"));
}

group_verification& group_named(std::vector<std::pair<std::string, group_verification>>& groups,
                                const std::string& name) {
  for (auto& [known, group] : groups)
    if (known == name)
      return group;
  return groups.emplace_back(name, group_verification{}).second;
}

std::string quantile(const std::vector<std::int64_t>& sorted, double share) {
  if (sorted.empty())
    return "-";
  const auto index = static_cast<std::size_t>(share * static_cast<double>(sorted.size()));
  return std::to_string(sorted[std::min(index, sorted.size() - 1)]);
}

} // namespace

verification::verification(client& node, const std::vector<planned_task>& plan,
                           const acknowledgement_log& acknowledged) {
  const auto lines = acknowledged.lines();
  shell::progress bar{"looking up", lines.size()};
  std::size_t seen = 0;
  std::set<task_id> ids;
  for (const auto& line : lines) {
    bar.show(++seen);
    if (!ids.insert(line.id).second)
      add_discrepancy("the id " + to_string(line.id) + " was given twice");
    look_up(node, plan[line.number], line.id);
  }
  for (const auto& refusal : acknowledged.refusals())
    add_discrepancy("refused: " + refusal);
  if (acknowledged.answered() != plan.size())
    add_discrepancy(std::to_string(plan.size() - acknowledged.answered()) +
                    " submissions were not answered");
  check_checksums();
  check_copies();
}

void verification::look_up(client& node, const planned_task& task, task_id id) {
  auto& group = group_named(groups_, task.group);
  ++group.accepted;
  const auto found = node.tasks().get(id);
  if (!found) {
    add_discrepancy("task " + to_string(id) + " (" + task.group + "): " + found.error().what);
    return;
  }
  const auto is_expected = found->state == task.expected;
  count(group, *found, is_expected);
  if (!is_expected)
    add_discrepancy("task " + to_string(id) + " (" + task.group + ") is " +
                    std::string{to_string(found->state)} + ", expected " +
                    std::string{to_string(task.expected)} + ": " + found->last_error);
  else if (!task.source.empty())
    files_.push_back({task.source, task.target, first_word(found->output)});
}

void verification::count(group_verification& group, const task_info& found, bool is_expected) {
  group.as_expected += is_expected ? 1 : 0;
  group.retried += found.attempt > 1 ? 1 : 0;
  group.retries += found.attempt > 1 ? found.attempt - 1 : 0;
  group.crashes += found.crashes;
  if (!found.started_at) { // A worker that dies may not have said that its run began.
    if (found.crashes == 0)
      add_discrepancy("task " + to_string(found.id) + " was never started");
    return;
  }
  group.late_ms.push_back((*found.started_at - found.due).count());
  if (group.late_ms.back() < 0)
    add_discrepancy("task " + to_string(found.id) + " started before it was due");
}

void verification::check_checksums() {
  shell::progress bar{"summing up", files_.size()};
  std::map<std::string, std::string> sums;
  for (std::size_t i = 0; i < files_.size();) {
    std::string command = "sha256sum --";
    for (const auto end = std::min(files_.size(), i + files_per_command); i < end; ++i)
      command += " " + files_[i].source;
    std::istringstream lines{output_of(command)};
    for (std::string sum, path; lines >> sum >> path;)
      sums[path] = sum;
    bar.show(i);
  }
  for (const auto& file : files_)
    if (sums[file.source] != file.checksum)
      add_discrepancy("the checksum of " + file.source + " is " + sums[file.source] +
                      ", its task found " + file.checksum);
}

void verification::check_copies() {
  for (const auto& file : files_)
    if (!std::filesystem::exists(file.target))
      add_discrepancy("the copy of " + file.source + " is missing");
  const auto step = std::max<std::size_t>(1, files_.size() / copies_checked_max);
  shell::progress bar{"unpacking", files_.size()};
  for (std::size_t i = 0; i < files_.size(); i += step, ++copies_checked_) {
    bar.show(i);
    if (first_word(output_of("gzip -dc " + files_[i].target + " | sha256sum")) !=
        files_[i].checksum)
      add_discrepancy("the copy of " + files_[i].source + " does not unpack to it");
  }
}

void verification::check_schedule(client& node, const std::string& directory) {
  task_filter filter;
  filter.queue = "cron";
  filter.count_max = 100'000;
  const auto tasks = node.tasks().list(filter);
  if (!tasks) {
    add_discrepancy("the tasks of the schedule: " + tasks.error().what);
    return;
  }
  auto& group = group_named(groups_, "schedule");
  std::set<instant> nominal;
  for (const auto& task : *tasks) {
    ++group.accepted;
    count(group, task, task.state == task_state::succeeded);
    if (task.state != task_state::succeeded)
      add_discrepancy("task " + to_string(task.id) + " of the schedule is " +
                      std::string{to_string(task.state)});
    if (task.attempt == 1 && !nominal.insert(task.due).second)
      add_discrepancy("the schedule fired twice at " + std::to_string(to_ms(task.due)));
    if (!std::filesystem::exists(directory + "/" + to_string(task.id)))
      add_discrepancy("task " + to_string(task.id) + " of the schedule left no file");
  }
  if (tasks->empty())
    add_discrepancy("the schedule never fired");
}

void verification::print(std::ostream& out) const {
  shell::table table{{{"tasks"},
                      {"accepted", true},
                      {"as planned", true},
                      {"missing", true},
                      {"retried", true},
                      {"retries", true},
                      {"crashes", true},
                      {"late p50 ms", true},
                      {"p99", true},
                      {"max", true}}};
  std::size_t accepted = 0;
  std::size_t as_expected = 0;
  for (const auto& [name, group] : groups_) {
    auto late = group.late_ms;
    std::sort(late.begin(), late.end());
    table.add({name, std::to_string(group.accepted), std::to_string(group.as_expected),
               std::to_string(group.accepted - group.as_expected), std::to_string(group.retried),
               std::to_string(group.retries), std::to_string(group.crashes), quantile(late, 0.5),
               quantile(late, 0.99), late.empty() ? "-" : std::to_string(late.back())});
    accepted += group.accepted;
    as_expected += group.as_expected;
  }
  table.print(out);
  out << as_expected << " of " << accepted << " accepted tasks ended as planned\n";
  if (!files_.empty())
    out << files_.size() << " checksums computed again, " << copies_checked_
        << " compressed copies unpacked again\n";
  constexpr std::size_t faults_shown_max = 20;
  for (std::size_t i = 0; i < std::min(faults_.size(), faults_shown_max); ++i)
    out << "WRONG: " << faults_[i] << "\n";
  if (faults_.size() > faults_shown_max)
    out << "WRONG: and " << faults_.size() - faults_shown_max << " more\n";
}

} // namespace belfry::demo
