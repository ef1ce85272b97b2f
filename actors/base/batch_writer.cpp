#include "base/batch_writer.hpp"

#include "belfry/contract.hpp"
#include "belfry/coverage_probe.hpp"

#include <algorithm>
#include <utility>

namespace belfry {

namespace {

coverage_probe disk_was_full{"a batch waits for disk space"};
coverage_probe storage_unavailable{"a batch waits for unavailable storage"};

constexpr duration retry_pause_min{200};
constexpr duration retry_pause_max{3'000};

} // namespace

void batch_writer::open(caf::actor keeper, const shard_ownership& ownership) {
  keeper_ = std::move(keeper);
  ownership_ = ownership;
}

void batch_writer::request_flush() {
  if (!is_in_flight() && !std::exchange(is_flush_scheduled_, true))
    self_->send(self_, flush_atom::value);
}

void batch_writer::write(std::uint32_t count, std::string bytes, durability level) {
  expects(!is_in_flight() && count > 0, "batch_writer::write: one batch at a time, with events");
  in_flight_count_ = count;
  in_flight_ = std::exchange(gathering_, {});
  append_batch batch{.shard = shard_,
                     .epoch = ownership_.epoch,
                     .first = ownership_.head,
                     .count = count,
                     .bytes = std::move(bytes)};
  self_->send(keeper_, write_batch{std::move(batch), level});
}

void batch_writer::skip_write() {
  for (const auto& caller : std::exchange(gathering_, {}))
    caller.on_durable();
}

batch_writer::progress batch_writer::settle(batch_written& answer) {
  if (!is_in_flight())
    return progress::waiting;
  has_space_ = answer.has_space;
  const bool is_unavailable = answer.outcome.code == storage_code::unavailable;
  if (is_unavailable || answer.outcome.code == storage_code::no_space) {
    (is_unavailable ? storage_unavailable : disk_was_full).hit();
    refused_ = std::move(answer.refused);
    retry_pause_ = next_retry_pause(is_unavailable);
    self_->delayed_send(self_, retry_pause_, retry_write_atom::value);
    note_refusal(answer.outcome);
    return progress::waiting;
  }
  refusal_.reset();
  retry_pause_ = duration{0};
  if (!answer.outcome.ok())
    return progress::failed;
  ownership_.head += std::exchange(in_flight_count_, 0);
  for (const auto& caller : std::exchange(in_flight_, {}))
    caller.on_durable();
  return progress::written;
}

/// Space returns when somebody makes it, seldom within a second. An unavailable storage may be back
/// at once, with another server: a growing pause would lengthen every take-over.
duration batch_writer::next_retry_pause(bool is_unavailable) const {
  return is_unavailable ? retry_pause_min
                        : std::clamp(2 * retry_pause_, retry_pause_min, retry_pause_max);
}

void batch_writer::note_refusal(const storage_status& outcome) {
  refusal_ = outcome;
  for (auto* callers : {&in_flight_, &gathering_})
    for (auto& caller : *callers)
      caller.tell_unwritten(false);
}

void batch_writer::abandon() {
  for (auto* callers : {&in_flight_, &gathering_}) {
    for (auto& caller : std::exchange(*callers, {}))
      caller.tell_unwritten(true);
  }
}

void batch_writer::retry() {
  if (is_in_flight())
    self_->send(keeper_, write_batch{std::exchange(refused_, {}), durability::durable});
}

} // namespace belfry
