#include "outbox/outbox_backlog.hpp"

#include "wire/codec.hpp"

#include <algorithm>
#include <utility>

namespace belfry {

namespace {

constexpr std::size_t task_overhead_bytes = 200;

std::size_t size_of(const outbox_backlog::batch& what) {
  std::size_t bytes = 0;
  for (const auto& task : what.tasks)
    bytes += task.payload.size() + task.kind.size() + task.queue.size() + task.key.size() +
             task_overhead_bytes;
  return bytes;
}

outbox_backlog::batch read(wire::OutboxBatch& from) {
  outbox_backlog::batch to{{from.client()}, from.shard(), from.sequence(), {}};
  for (auto& task : *from.mutable_tasks())
    to.tasks.push_back(wire::read_moving(task));
  return to;
}

} // namespace

outbox_backlog::name outbox_backlog::key_of(const batch& what) {
  return {what.client.value, what.shard, what.sequence};
}

bool outbox_backlog::replay(std::string_view record, std::uint64_t position) {
  wire::OutboxRecord read_back;
  if (!read_back.ParseFromArray(record.data(), static_cast<int>(record.size())))
    return false;
  for (auto& one : *read_back.mutable_accepted()) {
    insert(one.number(), read(one));
    positions_[one.number()] = position;
  }
  for (const auto number : read_back.delivered())
    erase(number);
  queues_ = {read_back.queues().begin(), read_back.queues().end()};
  return true;
}

bool outbox_backlog::contains(const batch& what) const {
  return keys_.contains(key_of(what));
}

std::uint64_t outbox_backlog::add(batch what) {
  const auto number = latest_number_ + 1;
  auto& to = *pending_record_.add_accepted();
  to.set_number(number);
  to.set_client(what.client.value);
  to.set_shard(what.shard);
  to.set_sequence(what.sequence);
  for (const auto& task : what.tasks)
    wire::write(task, *to.add_tasks());
  insert(number, std::move(what));
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

std::string outbox_backlog::take_record(std::uint64_t position) {
  for (const auto& one : pending_record_.accepted())
    if (waiting_.contains(one.number()))
      positions_[one.number()] = position;
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

void outbox_backlog::insert(std::uint64_t number, batch what) {
  latest_number_ = std::max(latest_number_, number);
  tasks_ += what.tasks.size();
  bytes_ += size_of(what);
  keys_.insert(key_of(what));
  waiting_.emplace(number, std::move(what));
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
