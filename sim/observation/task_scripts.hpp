#pragma once

#include "observation/observation.hpp"
#include "observation/paged_map.hpp"
#include "random/prng.hpp"

#include "belfry/contract.hpp"

#include <string>

namespace belfry::sim {

/// How the handler of one task behaves, run after run.
struct task_script {
  duration span{10};           ///< of a run
  std::uint32_t failures = 0;  ///< how many runs fail before one succeeds
  bool is_final = false;       ///< a failure is reported as permanent
  duration snooze{0};          ///< greater than 0: the first run snoozes for this long
  bool is_poison = false;      ///< every run kills its worker process
  bool ignores_cancel = false; ///< does not check for cancellation
};

/// The scripts of all tasks. They are kept outside the cluster, as a user's database would be, and
/// so outlive workers. A task's payload starts with its tag and its version, if that is not 0; some
/// continue with arbitrary bytes.
class task_scripts {
public:
  task_tag add(task_script script) {
    scripts_[++latest_] = {script, 0, false};
    return latest_;
  }

  /// `version`: 0 is the payload that is submitted; each change of it has a greater one.
  static std::string payload_of(task_tag tag, std::uint32_t version = 0) {
    constexpr task_tag long_payload_every = 8; // The other payloads are the tag alone.
    constexpr std::size_t bytes_max = 2'000;
    auto text = std::to_string(tag);
    if (version > 0)
      text += 'v' + std::to_string(version);
    if (tag % long_payload_every != 0)
      return text;
    prng bytes{tag + (std::uint64_t{version} << 32)};
    text += ' ';
    for (auto left = bytes.below(bytes_max) / sizeof(std::uint64_t); left > 0; --left) {
      const auto word = bytes.next();
      for (unsigned shift = 0; shift < 64; shift += 8)
        text += static_cast<char>(word >> shift);
    }
    return text;
  }
  static task_tag tag_of(const std::string& payload) { return std::stoull(payload); }
  static std::uint32_t version_of(const std::string& payload) {
    const auto end = payload.find_first_not_of("0123456789");
    const bool is_first = end == std::string::npos || payload[end] != 'v';
    return is_first ? 0 : static_cast<std::uint32_t>(std::stoul(payload.substr(end + 1)));
  }

  /// Whether each run of the task that does not succeed saves its token as progress, and breaks off
  /// when its worker stops.
  static bool saves_progress(task_tag tag) { return tag % 3 == 0; }

  /// How a run ends when its span is over.
  struct next_step {
    run_ended::ending outcome = run_ended::ending::succeeded;
    duration snooze{0};
    bool is_final = false;
  };
  next_step finish_run(task_tag tag) {
    auto& task = entry_of(tag);
    if (task.script.snooze > duration{0} && !task.was_snoozed) {
      task.was_snoozed = true;
      return {run_ended::ending::snoozed, task.script.snooze, false};
    }
    if (task.failed < task.script.failures) {
      ++task.failed;
      return {run_ended::ending::failed, duration{0}, task.script.is_final};
    }
    return {};
  }

  [[nodiscard]] const task_script& script(task_tag tag) { return entry_of(tag).script; }

private:
  struct entry {
    task_script script;
    std::uint32_t failed = 0; // Runs so far.
    bool was_snoozed = false;
  };

  entry& entry_of(task_tag tag) {
    auto* found = scripts_.find(tag);
    expects(found, "task_scripts: every handler that runs has a script");
    return *found;
  }

  paged_map<task_tag, entry> scripts_;
  task_tag latest_ = 0;
};

} // namespace belfry::sim
