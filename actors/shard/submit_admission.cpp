#include "shard/submit_admission.hpp"

#include "belfry/coverage_probe.hpp"

#include <string>
#include <utility>

namespace belfry {

namespace {

coverage_probe disk_nearly_full{"new work is refused because the disk is nearly full"};

coverage_probe client_waits{"a client learns that its task waits for the storage"};

constexpr duration retry_after_storage{100};
constexpr duration retry_after_outage{1'000};
constexpr duration space_check_interval{1'000};

std::string name_of(shard_id shard) {
  return "shard " + std::to_string(shard.value);
}

} // namespace

submit_admission::submit_admission(shard_id shard, const shard_limits& limits,
                                   const submit_limits& submits)
    : shard_(shard), load_shedding_({.pending_bytes_max = limits.pending_bytes_max,
                                     .tasks_max = submits.open_tasks_max}) {}

std::optional<submit_admission::refusal>
submit_admission::check_load(priority_class priority, std::size_t task_count, instant now) {
  const shard_load load{.pending_bytes = pending_bytes_, .tasks = task_count};
  const auto refused = load_shedding_.refusal_for(priority, load, now);
  if (!refused)
    return std::nullopt;
  return refusal{{errc::overloaded, name_of(shard_) + ' ' + refused->reason}, refused->retry_after};
}

submit_admission::refusal submit_admission::refuse_for_space() const {
  disk_nearly_full.hit();
  return {{errc::storage, "the disk of " + name_of(shard_) + " is nearly full"},
          retry_after_storage};
}

bool submit_admission::is_space_check_due(instant now) {
  if (now < space_checked_at_ + space_check_interval)
    return false;
  space_checked_at_ = now;
  return true;
}

submit_admission::refusal submit_admission::wait_for_storage(const std::string& reason) const {
  client_waits.hit();
  return {{errc::unavailable, name_of(shard_) + " waits for its storage: " + reason},
          retry_after_outage};
}

submit_admission::refusal submit_admission::refuse_for_recovery() const {
  return {{errc::unavailable, name_of(shard_) + " is recovering"}, retry_after_recovery};
}

void submit_admission::on_written() {
  pending_bytes_ -= std::exchange(in_flight_bytes_, 0);
}

} // namespace belfry
