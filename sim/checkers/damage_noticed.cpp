#include "checkers/checker.hpp"

#include <optional>

namespace belfry::sim {

namespace {

class damage_checker : public checker {
public:
  damage_checker() : checker("damage noticed") {}

  void observe(const observation& event, instant) override {
    if (const auto* damaged = std::get_if<disk_damaged>(&event))
      damaged_ = damaged->shard;
    else if (std::get_if<disk_repaired>(&event) || std::get_if<disk_replaced>(&event))
      damaged_.reset();
    else if (const auto* granted = std::get_if<run_granted>(&event))
      if (granted->id.shard() == damaged_)
        report("shard " + std::to_string(damaged_->value) + " grants task " +
               to_string(granted->id) + " though its journal is damaged");
  }

private:
  std::optional<shard_id> damaged_;
};

} // namespace

std::unique_ptr<checker> damage_noticed() {
  return std::make_unique<damage_checker>();
}

} // namespace belfry::sim
