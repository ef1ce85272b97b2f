// How a shard accepts the tasks that clients submit.
#include "shard/shard_state.hpp"

#include "wire/codec.hpp"
#include "wire/envelope.hpp"

#include <algorithm>
#include <utility>

namespace belfry {

namespace {

/// A batch counts as its lowest task.
priority_class class_of_batch(const wire::Submit& batch) {
  auto lowest = priority_class::high;
  for (const auto& task : batch.tasks())
    lowest = std::min(lowest, class_of(task.priority()));
  return lowest;
}

void write(const submit_admission::refusal& from, wire::Failure& to) {
  wire::write(from.reason, to);
  to.set_retry_after_ms(static_cast<std::uint32_t>(from.retry_after.count()));
}

void write(const submit_outcome& from, wire::Accepted& to) {
  if (from.refusal)
    wire::write(*from.refusal, *to.mutable_failure());
  to.set_id(from.id.value);
  to.set_is_duplicate(from.is_duplicate);
}

} // namespace

void shard_state::on_submit(const envelope& message) {
  if (!wire::open(message.bytes, submit_) || submit_.shard() != options_.shard.value)
    return;
  const auto client = sender();
  const task_id latest{submit_.latest_id()};
  if (const shard_memory remembered{.serial = latest.serial()};
      is_serving() && latest.shard() == options_.shard && tasks_->views().is_behind(remembered)) {
    refuse_batch(client, submit_.client(), submit_.sequence(), admission_.refuse_for_recovery());
    return rise_above(remembered);
  }
  if (const auto refusal = check_admission(submit_))
    return refuse_batch(client, submit_.client(), submit_.sequence(), *refusal);
  if (batches_.refusal() && is_duplicate(submit_))
    return refuse_batch(client, submit_.client(), submit_.sequence(), wait_for_storage());
  std::vector<task_spec> specs;
  specs.reserve(static_cast<std::size_t>(submit_.tasks_size()));
  for (auto& task : *submit_.mutable_tasks())
    specs.push_back(wire::read_moving(task));
  const auto outcomes =
      tasks_->submit({submit_.client()}, submit_.sequence(), std::move(specs), now());
  if (!outcomes)
    return;
  wire::Submitted answer;
  answer.set_client(submit_.client());
  answer.set_sequence(submit_.sequence());
  answer.set_shard(options_.shard.value);
  for (const auto& outcome : *outcomes)
    write(outcome, *answer.add_outcomes());
  admission_.on_accepted(message.bytes.size());
  batches_.on_durable(
      [this, client, bytes = wire::seal(answer)]() mutable {
        self_->send(client, submitted_atom::value, envelope{std::move(bytes), 0});
      },
      [this, client, id = submit_.client(), sequence = submit_.sequence()](bool is_lost) {
        refuse_batch(client, id, sequence,
                     is_lost ? admission_.refuse_for_recovery() : wait_for_storage());
      });
  request_matched_flush();
}

/// The client may send the batch again: the shard, perhaps recovered, knows whether it was
/// accepted.
void shard_state::refuse_batch(const caf::actor& client, std::uint64_t id, std::uint64_t sequence,
                               const submit_admission::refusal& reason) {
  wire::Submitted answer;
  answer.set_client(id);
  answer.set_sequence(sequence);
  answer.set_shard(options_.shard.value);
  write(reason, *answer.mutable_failure());
  if (options_.counters)
    options_.counters->count_refused_batch(reason.reason.code);
  self_->send(client, submitted_atom::value, envelope{wire::seal(answer), 0});
}

bool shard_state::is_duplicate(const wire::Submit& batch) const {
  return tasks_->views().is_duplicate_batch({batch.client()}, batch.sequence());
}

/// Requires: the storage refuses to write.
submit_admission::refusal shard_state::wait_for_storage() const {
  return admission_.wait_for_storage(batches_.refusal()->text);
}

std::optional<submit_admission::refusal> shard_state::check_admission(const wire::Submit& batch) {
  if (!is_serving())
    return admission_.refuse_for_recovery();
  if (is_duplicate(batch))
    return std::nullopt;
  if (auto refusal =
          admission_.check_load(class_of_batch(batch), tasks_->views().open_count(), now()))
    return refusal;
  const auto& refused = batches_.refusal();
  if (batches_.has_space() && !(refused && refused->code == storage_code::no_space))
    return std::nullopt;
  if (admission_.is_space_check_due(now()))
    self_->send(journal_keeper_, check_space{});
  return admission_.refuse_for_space();
}

} // namespace belfry
