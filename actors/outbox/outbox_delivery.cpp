// How an outbox delivers the batches that it holds.
#include "outbox/outbox_state.hpp"

#include "base/actor_basics.hpp"

#include "belfry/coverage_probe.hpp"
#include "text/printable.hpp"

#include <spdlog/spdlog.h>

namespace belfry {

namespace {

coverage_probe batch_was_delivered{"an outbox has delivered a batch"};

constexpr duration redelivery_delay{1'000};

/// Whether the shard would refuse the task with `code` every time.
bool is_final(errc code) {
  return code == errc::invalid_argument || code == errc::too_large;
}

} // namespace

void outbox_state::deliver() {
  auto next = backlog_.waiting().upper_bound(last_delivered_);
  for (; next != backlog_.waiting().end() && in_flight_ < options_.limits.in_flight_max; ++next) {
    last_delivered_ = next->first;
    undelivered_[next->first] = next->second.tasks.size();
    in_flight_ += next->second.tasks.size();
    for (std::size_t index = 0; index < next->second.tasks.size(); ++index)
      deliver(next->first, index);
  }
}

void outbox_state::deliver(std::uint64_t number, std::size_t index) {
  const auto& task = backlog_.waiting().at(number).tasks.at(index);
  self_->request(client_, caf::infinite, submit_atom::value, task)
      .then(
          [this, alive = std::weak_ptr{alive_}, number](const submitted&) {
            if (!alive.expired())
              on_task_done(number);
          },
          [this, alive = std::weak_ptr{alive_}, number, index](const caf::error& error) {
            if (!alive.expired())
              on_task_refused(number, index, to_failure(error));
          });
}

void outbox_state::on_task_refused(std::uint64_t number, std::size_t index, const failure& reason) {
  if (!is_final(reason.code))
    return self_->delayed_send(self_, redelivery_delay, deliver_atom::value, number,
                               static_cast<std::uint64_t>(index));
  const auto& dropped = backlog_.waiting().at(number).tasks.at(index);
  spdlog::error("outbox.task_dropped kind={} queue={} key={} reason={}", log_value(dropped.kind),
                log_value(dropped.queue), log_value(dropped.key), log_value(reason.what));
  on_task_done(number);
}

void outbox_state::on_task_done(std::uint64_t number) {
  --in_flight_;
  const auto missing = undelivered_.find(number);
  if (--missing->second > 0)
    return;
  undelivered_.erase(missing);
  batch_was_delivered.hit();
  backlog_.remove(number);
  batches_.request_flush();
}

} // namespace belfry
