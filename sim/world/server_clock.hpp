#pragma once

#include "os/system_clock.hpp"
#include "world/world.hpp"

#include <memory>

namespace belfry::sim {

/// The production clock of the server's process, on a machine whose wall clock people may set.
class server_clock final : public clock {
public:
  explicit server_clock(world& sim_world) : world_(sim_world) { restart(); }

  /// A new process asks the machine what time it is.
  void restart() {
    system_clock::options how;
    how.read_clocks = [this] {
      return clock_reading{world_.now() + error_, std::chrono::floor<duration>(world_.elapsed())};
    };
    alive_ = std::make_unique<system_clock>(std::move(how));
  }

  /// Sets the machine's wall clock so far from the true time.
  void set_wrong_by(duration error) { error_ = error; }

  [[nodiscard]] instant now() const override { return alive_->now(); }

private:
  world& world_;
  duration error_{0};
  std::unique_ptr<system_clock> alive_;
};

} // namespace belfry::sim
