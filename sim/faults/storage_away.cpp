#include "faults/fault.hpp"
#include "scenario/cluster.hpp"

namespace belfry::sim {

namespace {

/// The storage cannot be reached for a while, as a database whose server is restarted. Perhaps the
/// answer to a write is what is lost first.
class storage_away_fault : public fault {
public:
  [[nodiscard]] std::string name() const override { return "storage_away"; }
  [[nodiscard]] duration gap() const override { return duration{25'000}; }

  void strike(cluster& target, prng& random) override {
    const bool is_doubtful = random.chance(60);
    const bool is_written = random.chance(50);
    target.seen().tell(fault_struck{is_doubtful ? "storage_in_doubt" : "storage_away"});
    if (is_doubtful)
      target.disk().doubt_next_write(is_written);
    if (is_doubtful && random.chance(50))
      return; // It is there again at once.
    target.disk().set_away(true);
    target.inside().after(draw_span(random, duration{100}, duration{20'000}),
                          [this, &target] { heal(target); });
  }

  void heal(cluster& target) override { target.disk().set_away(false); }
};

} // namespace

std::unique_ptr<fault> storage_away() {
  return std::make_unique<storage_away_fault>();
}

} // namespace belfry::sim
