#pragma once

#include "os/system_clock.hpp"
#include "world/world.hpp"

#include <memory>

namespace belfry::sim {

/// The production clock of a server process on a machine whose wall clock may be set wrong.
class server_clock final : public clock {
public:
  explicit server_clock(world& sim_world) : world_(sim_world) { restart(); }

  /// A new process reads the wall clock of its machine.
  void restart() {
    system_clock::options options;
    options.read_clocks = [this] {
      return clock_reading{wall_clock(), std::chrono::floor<duration>(world_.elapsed())};
    };
    clock_ = std::make_unique<system_clock>(std::move(options));
  }

  /// Sets the machine's wall clock to the true time plus `error`.
  void set_wrong_by(duration error) { error_ = error; }

  /// The wall clock of the machine, as a new process reads it.
  [[nodiscard]] instant wall_clock() const { return world_.now() + error_; }

  [[nodiscard]] instant now() const override { return clock_->now(); }
  [[nodiscard]] duration machine_offset() const override { return clock_->machine_offset(); }
  [[nodiscard]] duration lead() const override { return clock_->lead(); }

private:
  world& world_;
  duration error_{0};
  std::unique_ptr<system_clock> clock_;
};

} // namespace belfry::sim
