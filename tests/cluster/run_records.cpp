#include "run_records.hpp"

#include <algorithm>
#include <sstream>

namespace belfry::test {

void run_records::read_on() {
  file_.clear();
  std::string line;
  for (auto begin = file_.tellg(); std::getline(file_, line); begin = file_.tellg()) {
    if (file_.eof()) { // The rest of this line is not written yet.
      file_.clear();
      file_.seekg(begin);
      return;
    }
    parse_line(line);
  }
}

void run_records::parse_line(const std::string& line) {
  std::istringstream words{line};
  char kind = 0;
  task_id task;
  fencing_token token;
  std::int64_t at_ms = 0;
  words >> kind >> task.value >> token.value >> at_ms;
  auto& run = tasks_[task][token];
  if (kind == 'S') {
    run.start = instant_of_ms(at_ms);
    return;
  }
  run.end = instant_of_ms(at_ms);
  run.has_finished = run.has_finished || kind == 'F';
  ++run.ends;
}

std::size_t run_records::unfinished(const std::map<task_id, instant>& tasks) const {
  const auto has_finished = [](const auto& run) { return run.second.has_finished; };
  return static_cast<std::size_t>(std::count_if(tasks.begin(), tasks.end(), [&](const auto& task) {
    const auto found = tasks_.find(task.first);
    return found == tasks_.end() ||
           std::none_of(found->second.begin(), found->second.end(), has_finished);
  }));
}

std::vector<std::string> run_records::violations(const std::map<task_id, instant>& due) const {
  std::vector<std::string> found;
  for (const auto& [task, all] : tasks_) {
    check_task(task, all, found);
    const auto known = due.find(task);
    for (const auto& [token, run] : all)
      if (known != due.end() && run.start < known->second)
        found.push_back("task " + to_string(task) + " started " +
                        std::to_string((known->second - run.start).count()) + " ms early");
  }
  return found;
}

void run_records::check_task(task_id task, const runs& all, std::vector<std::string>& violations) {
  const recorded_run* before = nullptr;
  for (const auto& [token, run] : all) { // Tokens grow from run to run.
    if (run.ends > 1)
      violations.push_back("a run of task " + to_string(task) + " ended " +
                           std::to_string(run.ends) + " times");
    if (before && before->end && run.start < *before->end)
      violations.push_back("a run of task " + to_string(task) + " started " +
                           std::to_string((*before->end - run.start).count()) +
                           " ms before the one before it ended");
    if (before && !before->end)
      violations.push_back("a run of task " + to_string(task) +
                           " started before an earlier run ended");
    before = &run;
  }
}

duration run_records::longest_delay(const std::map<task_id, instant>& due) const {
  duration longest{0};
  for (const auto& [task, all] : tasks_)
    if (const auto known = due.find(task); known != due.end())
      longest = std::max(longest, all.begin()->second.start - known->second);
  return longest;
}

duration run_records::longest_pause(instant since, instant now) const {
  std::vector<instant> starts{since, now};
  for (const auto& [task, all] : tasks_)
    for (const auto& [token, run] : all)
      if (run.start > since && run.start < now)
        starts.push_back(run.start);
  std::sort(starts.begin(), starts.end());
  duration longest{0};
  for (std::size_t i = 1; i < starts.size(); ++i)
    longest = std::max(longest, starts[i] - starts[i - 1]);
  return longest;
}

} // namespace belfry::test
