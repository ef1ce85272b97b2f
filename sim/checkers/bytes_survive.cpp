#include "checkers/checker.hpp"

namespace belfry::sim {

namespace {

class bytes_checker : public checker {
public:
  bytes_checker() : checker("bytes survive") {}

  void observe(const observation& what, instant) override {
    if (const auto* started = std::get_if<run_started>(&what); started && !started->is_intact)
      report("task " + to_string(started->id) + " began with another payload than was sent");
  }
};

} // namespace

std::unique_ptr<checker> bytes_survive() {
  return std::make_unique<bytes_checker>();
}

} // namespace belfry::sim
