#include "client/client_submits.hpp"

#include "wire/codec.hpp"
#include "wire/envelope.hpp"
#include "wire/shard_of.hpp"

#include <algorithm>
#include <utility>

namespace belfry {

namespace {

constexpr duration retry_delay_default{100};
constexpr std::size_t spare_max = 64;
/// How long an outbox may wait for a shard so that the keys of its tasks are still remembered.
constexpr duration deferred_key_ttl = std::chrono::hours{24};
constexpr std::size_t task_overhead_bytes = 32;

/// Whether sending the same batch again may help.
bool is_retryable(errc code) {
  return code != errc::invalid_argument && code != errc::too_large && code != errc::not_found;
}

/// The prefix of generated keys: no user's key should begin with it.
std::string generated_key(client_id client, std::uint64_t number) {
  return std::string{"~"} + std::to_string(client.value) + "-" + std::to_string(number);
}

result<submitted> outcome_of(const wire::Accepted& accepted) {
  if (accepted.has_failure())
    return wire::read(accepted.failure());
  return submitted{
      {accepted.id()}, accepted.is_duplicate(), accepted.is_deferred(), accepted.key()};
}

} // namespace

void client_submits::open(std::uint32_t shard_count) {
  expects(channels_.empty() && shard_count > 0, "client_submits::open: once, with shards");
  channels_.resize(shard_count);
  // Many clients submit one task: not all of them should begin with the same shard.
  next_shard_ = static_cast<std::uint32_t>(client_.value % shard_count);
  for (auto& call : std::exchange(unrouted_, {}))
    route(call.task, std::move(call.on_result), call.group);
  if (!flushes_.empty())
    ++epoch_;
}

void client_submits::add(task_spec&& task, submit_callback&& on_result, std::uint64_t group) {
  ++open_;
  if (channels_.empty())
    unrouted_.push_back({std::move(task), std::move(on_result), group});
  else
    route(task, std::move(on_result), group);
}

void client_submits::flush(std::function<void(result<done>)> on_result) {
  if (is_idle())
    return on_result(done{});
  flushes_.push_back({epoch_, std::move(on_result)});
  if (!channels_.empty())
    ++epoch_;
}

void client_submits::route(task_spec& task, submit_callback&& on_result, std::uint64_t group) {
  if (task.key.empty() && is_deferrable(task)) {
    task.key = generated_key(client_, ++generated_keys_);
    task.key_ttl = std::max(task.key_ttl, deferred_key_ttl);
    // The generated key is unique: the duplicate is this task, delivered by an outbox.
    on_result = [on_result = std::move(on_result)](result<submitted> outcome) {
      if (outcome)
        outcome->is_duplicate = false;
      if (on_result)
        on_result(std::move(outcome));
    };
  }
  if (task.key.empty()) {
    append(shared_, task, {std::move(on_result), group});
    return;
  }
  const auto shard = wire::shard_of_key(task.queue, task.key, shard_count());
  append(channels_[shard].keyed, task, {std::move(on_result), group});
}

void client_submits::append(std::deque<batch>& batches, const task_spec& task, waiting_call call) {
  const auto bytes = task.payload.size() + task.kind.size() + task.queue.size() + task.key.size() +
                     task_overhead_bytes;
  const bool may_defer = is_deferrable(task);
  if (batches.empty() || batches.back().calls.size() >= limits_.batch_max ||
      batches.back().bytes + bytes > limits_.bytes_max ||
      batches.back().is_deferrable != may_defer) {
    batches.push_back(new_batch());
    batches.back().is_deferrable = may_defer;
  }
  auto& last = batches.back();
  wire::write(task, *last.message->add_tasks());
  last.calls.push_back(std::move(call));
  last.bytes += bytes;
}

/// Not if its key may be forgotten by the time an outbox delivers it.
bool client_submits::is_deferrable(const task_spec& task) const {
  return !outbox_queues_.empty() && outbox_queues_.contains(task.queue) &&
         (task.key.empty() || task.key_ttl >= deferred_key_ttl);
}

client_submits::batch client_submits::new_batch() {
  batch fresh;
  if (spare_.empty()) {
    fresh.message = std::make_unique<wire::Submit>();
  } else {
    fresh.message = std::move(spare_.back());
    spare_.pop_back();
  }
  fresh.epoch = epoch_;
  ++batches_by_epoch_[epoch_];
  return fresh;
}

void client_submits::pump(const sender& send) {
  for (std::uint32_t tried = 0; tried < shard_count(); ++tried) {
    const auto shard = next_shard_;
    next_shard_ = (next_shard_ + 1) % shard_count();
    if (!channels_[shard].calls.empty())
      continue;
    if (auto next = next_batch(channels_[shard]))
      send_batch(shard, std::move(*next), send);
  }
}

std::optional<client_submits::batch> client_submits::next_batch(shard_channel& channel) {
  auto* batches = channel.is_shared_next ? &shared_ : &channel.keyed;
  if (batches->empty())
    batches = channel.is_shared_next ? &channel.keyed : &shared_;
  channel.is_shared_next = batches == &channel.keyed;
  if (batches->empty())
    return std::nullopt;
  auto next = std::move(batches->front());
  batches->pop_front();
  return next;
}

void client_submits::send_batch(std::uint32_t shard, batch next, const sender& send) {
  auto& channel = channels_[shard];
  next.message->set_client(client_.value);
  next.message->set_sequence(++channel.sequence);
  next.message->set_shard(shard);
  next.message->set_latest_id(channel.latest_id);
  channel.bytes = wire::seal(*next.message);
  channel.calls = std::move(next.calls);
  channel.epoch = next.epoch;
  channel.ticks = 0;
  channel.is_deferrable = next.is_deferrable;
  channel.unreachable_ticks = channel.is_deferring ? limits_.defer_ticks : 0;
  channel.is_backing_off = false;
  channel.refusal.reset();
  channel.unanswered_copies = 0;
  next.message->Clear();
  if (spare_.size() < spare_max)
    spare_.push_back(std::move(next.message));
  send_copy(channel, shard, send);
}

void client_submits::send_copy(shard_channel& channel, std::uint32_t shard, const sender& send) {
  ++channel.unanswered_copies;
  send(shard, channel.bytes);
}

void client_submits::resend_all(const std::function<bool(std::uint32_t)>& is_affected,
                                const sender& send) {
  for (std::uint32_t shard = 0; shard < shard_count(); ++shard) {
    auto& channel = channels_[shard];
    if (channel.calls.empty() || !is_affected(shard))
      continue;
    channel.is_backing_off = false;
    channel.ticks = 0;
    send_copy(channel, shard, send);
  }
}

void client_submits::resend(std::uint32_t shard, std::uint64_t sequence, const sender& send) {
  if (shard >= shard_count())
    return;
  auto& channel = channels_[shard];
  if (channel.calls.empty() || channel.sequence != sequence || !channel.is_backing_off)
    return;
  channel.is_backing_off = false;
  channel.ticks = 0;
  send_copy(channel, shard, send);
}

void client_submits::tick(const sender& send) {
  for (std::uint32_t shard = 0; shard < shard_count(); ++shard) {
    auto& channel = channels_[shard];
    if (!channel.is_backing_off ||
        !channel.is_shard_reachable) // An overloaded shard is not unreachable.
      ++channel.unreachable_ticks;
    if (channel.calls.empty() || channel.is_backing_off || ++channel.ticks < limits_.resend_ticks)
      continue;
    channel.ticks = 0;
    send_copy(channel, shard, send);
  }
}

void client_submits::defer(const sender& send) {
  if (outbox_queues_.empty())
    return;
  for (std::uint32_t shard = 0; shard < shard_count(); ++shard) {
    auto& channel = channels_[shard];
    if (channel.calls.empty() || !channel.is_deferrable ||
        channel.unreachable_ticks < limits_.defer_ticks)
      continue;
    channel.unreachable_ticks = 0;
    send_copy(channel, shard, send);
  }
}

client_submits::verdict client_submits::on_submitted(wire::Submitted& answer) {
  if (answer.client() != client_.value || answer.shard() >= shard_count())
    return {};
  auto& channel = channels_[answer.shard()];
  if (channel.calls.empty() || channel.sequence != answer.sequence())
    return {};
  if (answer.has_failure()) {
    const auto error = wire::read(answer.failure());
    channel.is_shard_reachable = error.code != errc::unavailable;
    if (channel.is_shard_reachable)
      channel.is_deferring = false, channel.unreachable_ticks = 0;
    channel.unanswered_copies -= std::min(channel.unanswered_copies, 1U);
    if (is_retryable(error.code)) {
      channel.is_backing_off = true;
      channel.refusal = error;
      const duration asked{answer.failure().retry_after_ms()};
      return {0, asked.count() > 0 ? asked : retry_delay_default};
    }
    const auto count = fail(channel.calls, error);
    end_batch(channel.epoch);
    return {count, std::nullopt};
  }
  channel.is_deferring = answer.outcomes_size() > 0 && answer.outcomes(0).is_deferred();
  for (const auto& outcome : answer.outcomes())
    channel.latest_id = std::max(channel.latest_id, outcome.id());
  auto calls = std::exchange(channel.calls, {});
  open_ -= calls.size();
  const failure missing{errc::unavailable, "the shard's answer names no outcome for this task"};
  for (std::size_t i = 0; i < calls.size(); ++i)
    if (calls[i].on_result)
      calls[i].on_result(static_cast<int>(i) < answer.outcomes_size()
                             ? outcome_of(answer.outcomes(static_cast<int>(i)))
                             : result<submitted>{missing});
  end_batch(channel.epoch);
  return {calls.size(), std::nullopt};
}

void client_submits::end_batch(std::uint64_t epoch) {
  const auto found = batches_by_epoch_.find(epoch);
  if (--found->second == 0)
    batches_by_epoch_.erase(found);
  while (!flushes_.empty() &&
         (batches_by_epoch_.empty() || batches_by_epoch_.begin()->first > flushes_.front().epoch)) {
    const auto finished = std::move(flushes_.front());
    flushes_.erase(flushes_.begin());
    finished.on_result(done{});
  }
}

std::size_t client_submits::fail(std::vector<waiting_call>& calls, const failure& error) {
  const auto failed = std::exchange(calls, {});
  open_ -= failed.size();
  for (const auto& call : failed)
    if (call.on_result)
      call.on_result(error);
  return failed.size();
}

std::size_t client_submits::fail_all(const failure& error) {
  std::size_t count = 0;
  std::vector<waiting_call> open;
  for (auto& call : std::exchange(unrouted_, {}))
    open.push_back({std::move(call.on_result), call.group});
  count += fail(open, error);
  for (auto& from : channels_)
    count += fail(from.calls, error);
  for (auto& waiting : std::exchange(shared_, {}))
    count += fail(waiting.calls, error);
  for (auto& from : channels_)
    for (auto& waiting : std::exchange(from.keyed, {}))
      count += fail(waiting.calls, error);
  batches_by_epoch_.clear();
  for (auto& flush : std::exchange(flushes_, {}))
    flush.on_result(done{});
  return count;
}

} // namespace belfry
