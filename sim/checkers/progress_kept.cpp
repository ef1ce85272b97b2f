#include "checkers/checker.hpp"
#include "observation/paged_map.hpp"

#include <cstdint>
#include <string>

namespace belfry::sim {

namespace {

/// Runs save their tokens, see `task_scripts`. A run that starts has read what is on the storage,
/// so no later run may read less. While no process and no connection fails, a run reads exactly
/// what the run before it has saved.
class progress_checker : public checker {
public:
  progress_checker() : checker("progress kept") {}

  void observe(const observation& event, instant) override {
    if (const auto* started = std::get_if<run_started>(&event))
      check_start(*started);
    else if (const auto* ended = std::get_if<run_ended>(&event))
      record_end(*ended);
    else if (const auto* injected = std::get_if<fault_injected>(&event))
      is_calm_ = is_calm_ && injected->description.starts_with("worker_stop");
    else if (std::get_if<disk_replaced>(&event))
      tasks_.clear();
  }

private:
  struct task_progress {
    std::uint64_t read = 0;  // By the latest run; 0: nothing.
    std::uint64_t saved = 0; // By the latest run that saved.
  };

  static std::uint64_t number_of(const std::string& progress) {
    return progress.empty() ? 0 : std::stoull(progress);
  }

  void check_start(const run_started& event) {
    auto& known = tasks_[event.id];
    const auto read = number_of(event.previous_progress);
    if (read >= event.token.value)
      report(text_of(event, read) + ", of a later run");
    else if (read < known.read)
      report(text_of(event, read) + ", but an earlier run " + std::to_string(known.read));
    else if (is_calm_ && read != known.saved)
      report(text_of(event, read) + ", but the run before it saved " + std::to_string(known.saved));
    known.read = read;
  }

  void record_end(const run_ended& event) {
    if (!event.saved_progress.empty())
      tasks_[event.id].saved = number_of(event.saved_progress);
    // The outcomes of other runs of its process may be lost.
    if (event.outcome == run_ended::ending::crashed)
      is_calm_ = false;
  }

  static std::string text_of(const run_started& event, std::uint64_t read) {
    return "task " + to_string(event.id) + " started with token " +
           std::to_string(event.token.value) + " and read progress " + std::to_string(read);
  }

  paged_map<task_id, task_progress> tasks_;
  bool is_calm_ = true; // So far.
};

} // namespace

std::unique_ptr<checker> progress_kept() {
  return std::make_unique<progress_checker>();
}

} // namespace belfry::sim
