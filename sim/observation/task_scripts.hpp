#pragma once

#include "observation/book.hpp"
#include "observation/observation.hpp"
#include "random/prng.hpp"

#include "belfry/contract.hpp"

#include <string>

namespace belfry::sim {

/// How the handler of one task behaves, run after run.
struct task_script {
  duration span{10};           ///< of a run
  std::uint32_t failures = 0;  ///< so many runs fail before one succeeds
  bool is_final = false;       ///< a failure says that it must not be retried
  duration snooze{0};          ///< greater than 0: the first run asks to be run again after this
  bool is_poison = false;      ///< every run takes its worker's whole process with it
  bool ignores_cancel = false; ///< does not look whether it should end
};

/// The scripts of all tasks, kept outside the cluster as a user's own database would be: what it
/// remembers of runs outlives workers. A task's payload begins with its tag; some go on with bytes
/// of all sorts.
class task_scripts {
public:
  task_tag add(task_script script) {
    scripts_[++latest_] = {script, 0, false};
    return latest_;
  }

  static std::string payload_of(task_tag tag) {
    constexpr task_tag short_ones = 8; // Of so many, all but one.
    constexpr std::size_t bytes_max = 2'000;
    auto text = std::to_string(tag);
    if (tag % short_ones != 0)
      return text;
    prng bytes{tag};
    text += ' ';
    for (auto left = bytes.below(bytes_max) / sizeof(std::uint64_t); left > 0; --left) {
      const auto some = bytes.next();
      for (unsigned shift = 0; shift < 64; shift += 8)
        text += static_cast<char>(some >> shift);
    }
    return text;
  }
  static task_tag tag_of(const std::string& payload) { return std::stoull(payload); }

  /// What the run that now comes to its end by itself does.
  struct next_step {
    run_ended::ending how = run_ended::ending::succeeded;
    duration snooze{0};
    bool is_final = false;
  };
  next_step end_of_run(task_tag tag) {
    auto& one = entry_of(tag);
    if (one.script.snooze > duration{0} && !one.was_snoozed) {
      one.was_snoozed = true;
      return {run_ended::ending::snoozed, one.script.snooze, false};
    }
    if (one.failed < one.script.failures) {
      ++one.failed;
      return {run_ended::ending::failed, duration{0}, one.script.is_final};
    }
    return {};
  }

  [[nodiscard]] const task_script& script(task_tag tag) { return entry_of(tag).script; }

private:
  struct entry {
    task_script script;
    std::uint32_t failed = 0; // Runs, so far.
    bool was_snoozed = false;
  };

  entry& entry_of(task_tag tag) {
    auto* found = scripts_.find(tag);
    expects(found, "task_scripts: every handler that runs has a script");
    return *found;
  }

  book<task_tag, entry> scripts_;
  task_tag latest_ = 0;
};

} // namespace belfry::sim
