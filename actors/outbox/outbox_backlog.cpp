#include "outbox/outbox_backlog.hpp"

#include "wire/codec.hpp"

#include <algorithm>
#include <utility>

namespace belfry {

namespace {

constexpr std::size_t task_overhead_bytes = 200;

std::size_t size_of(const outbox_backlog::batch& batch) {
  std::size_t bytes = 0;
  for (const auto& task : batch.tasks)
    bytes += task.payload.size() + task.kind.size() + task.queue.size() + task.key.size() +
             task_overhead_bytes;
  return bytes;
}

outbox_backlog::batch read(wire::OutboxBatch& from) {
  outbox_backlog::batch to{
      .client = {from.client()}, .shard = from.shard(), .sequence = from.sequence(), .tasks = {}};
  for (auto& task : *from.mutable_tasks())
    to.tasks.push_back(wire::read_moving(task));
  return to;
}

} // namespace

outbox_backlog::batch_key outbox_backlog::key_of(const batch& deferred) {
  return {deferred.client.value, deferred.shard, deferred.sequence};
}

bool outbox_backlog::replay(std::string_view record, std::uint64_t position) {
  wire::OutboxRecord changes;
  if (!changes.ParseFromArray(record.data(), static_cast<int>(record.size())))
    return false;
  for (auto& accepted : *changes.mutable_accepted()) {
    insert(accepted.number(), read(accepted));
    positions_[accepted.number()] = position;
  }
  for (const auto number : changes.delivered())
    erase(number);
  queues_ = {changes.queues().begin(), changes.queues().end()};
  return true;
}

bool outbox_backlog::contains(const batch& deferred) const {
  return keys_.contains(key_of(deferred));
}

std::uint64_t outbox_backlog::add(batch deferred) {
  const auto number = latest_number_ + 1;
  auto& to = *pending_record_.add_accepted();
  to.set_number(number);
  to.set_client(deferred.client.value);
  to.set_shard(deferred.shard);
  to.set_sequence(deferred.sequence);
  for (const auto& task : deferred.tasks)
    wire::write(task, *to.add_tasks());
  insert(number, std::move(deferred));
  is_dirty_ = true;
  return number;
}

void outbox_backlog::remove(std::uint64_t number) {
  if (!waiting_.contains(number))
    return;
  erase(number);
  pending_record_.add_delivered(number);
  is_dirty_ = true;
}

void outbox_backlog::set_queues(std::set<std::string> queues) {
  if (queues == queues_)
    return;
  queues_ = std::move(queues);
  is_dirty_ = true;
}

std::string outbox_backlog::take_pending_record(std::uint64_t position) {
  for (const auto& accepted : pending_record_.accepted())
    if (waiting_.contains(accepted.number()))
      positions_[accepted.number()] = position;
  for (const auto& queue : queues_)
    pending_record_.add_queues(queue);
  auto bytes = pending_record_.SerializeAsString();
  pending_record_.Clear();
  is_dirty_ = false;
  return bytes;
}

std::uint64_t outbox_backlog::first_needed_position(std::uint64_t head) const {
  // Numbers and positions grow together.
  return positions_.empty() ? head : positions_.begin()->second;
}

void outbox_backlog::insert(std::uint64_t number, batch deferred) {
  latest_number_ = std::max(latest_number_, number);
  tasks_ += deferred.tasks.size();
  bytes_ += size_of(deferred);
  keys_.insert(key_of(deferred));
  waiting_.emplace(number, std::move(deferred));
}

void outbox_backlog::erase(std::uint64_t number) {
  const auto found = waiting_.find(number);
  if (found == waiting_.end())
    return;
  tasks_ -= found->second.tasks.size();
  bytes_ -= size_of(found->second);
  keys_.erase(key_of(found->second));
  positions_.erase(number);
  waiting_.erase(found);
}

} // namespace belfry
