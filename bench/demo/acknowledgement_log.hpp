#pragma once

#include "plan.hpp"

#include "belfry/client.hpp"

#include <fstream>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace belfry::demo {

/// The producer's own list of what it was promised: one line per acknowledgement, in a file and in
/// memory. May be used from any thread.
class acknowledgement_log {
public:
  struct line {
    task_id id;
    std::size_t number = 0; ///< of the task in the plan
  };

  explicit acknowledgement_log(const std::string& path) : file_(path) {}

  void note(std::size_t number, const planned_task& task, const result<submitted>& answer) {
    const std::lock_guard lock{mutex_};
    ++answered_;
    if (!answer) {
      refusals_.push_back(task.group + ": " + answer.error().what);
      return;
    }
    lines_.push_back({answer->id, number});
    file_ << to_string(answer->id) << ' ' << task.spec.key << std::endl;
  }

  [[nodiscard]] std::size_t answered() const {
    const std::lock_guard lock{mutex_};
    return answered_;
  }
  [[nodiscard]] std::vector<line> lines() const {
    const std::lock_guard lock{mutex_};
    return lines_;
  }
  [[nodiscard]] std::vector<std::string> refusals() const {
    const std::lock_guard lock{mutex_};
    return refusals_;
  }

private:
  mutable std::mutex mutex_;
  std::ofstream file_;
  std::size_t answered_ = 0;
  std::vector<line> lines_;
  std::vector<std::string> refusals_;
};

} // namespace belfry::demo
