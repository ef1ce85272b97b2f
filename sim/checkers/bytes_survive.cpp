#include "checkers/checker.hpp"

namespace belfry::sim {

namespace {

class bytes_checker : public checker {
public:
  bytes_checker() : checker("bytes survive") {}

  void observe(const observation& event, instant) override {
    if (const auto* started = std::get_if<run_started>(&event); started && !started->is_intact)
      report("task " + to_string(started->id) +
             " started with a payload that differs from the submitted one");
  }
};

} // namespace

std::unique_ptr<checker> bytes_survive() {
  return std::make_unique<bytes_checker>();
}

} // namespace belfry::sim
