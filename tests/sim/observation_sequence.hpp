#pragma once

#include "checkers/checker.hpp"

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace belfry::sim {

constexpr task_id subject{7};
constexpr fencing_token first{1};

/// Passes a sequence of observations to a checker, one second apart.
class observation_sequence {
public:
  explicit observation_sequence(std::unique_ptr<checker> rule) : checker_(std::move(rule)) {}

  observation_sequence& then(const observation& event) {
    now_ += std::chrono::seconds{1};
    checker_->observe(event, now_);
    return *this;
  }
  [[nodiscard]] std::vector<std::string> end() {
    checker_->finish();
    return checker_->violations();
  }
  [[nodiscard]] instant now() const { return now_; }

private:
  std::unique_ptr<checker> checker_;
  instant now_ = instant_of_ms(1'000'000);
};

/// Whether there is one violation, and its text has `text` in it.
[[nodiscard]] inline bool is_reported(const std::vector<std::string>& violations,
                                      const std::string& text) {
  return violations.size() == 1 && violations[0].find(text) != std::string::npos;
}

} // namespace belfry::sim
