// What becomes of submitted tasks when their caller stops waiting.
#include "client/client_submits.hpp"

#include "wire/envelope.hpp"

#include <optional>
#include <utility>

namespace belfry {

namespace {

/// A refusal is the present one while the shard lets the client pause, and for this long after the
/// batch was sent again.
constexpr std::uint32_t refusal_ticks_max = 1;

/// A serving shard that refuses a batch has accepted no copy of it. A shard that recovers, or that
/// waits for its storage, may have.
bool is_by_serving_shard(const failure& refusal) {
  return refusal.code == errc::overloaded || refusal.code == errc::storage;
}

failure not_accepted(const failure& refusal) {
  return {refusal.code, refusal.what + "; the task was not accepted in time"};
}

failure perhaps_accepted(const failure& refusal) {
  return {refusal.code, refusal.what + "; the task may or may not have been accepted"};
}

} // namespace

std::size_t client_submits::give_up(std::uint64_t group) {
  std::size_t settled = 0;
  std::optional<failure> latest;
  for (auto& channel : channels_) {
    const auto refusal = channel.calls.empty() ? std::nullopt : channel.refusal;
    if (!refusal || (!channel.is_backing_off && channel.ticks > refusal_ticks_max))
      continue;
    latest = refusal;
    settled += give_up_under_way(channel, group) + give_up_waiting(channel.keyed, *refusal, group);
  }
  if (latest) // No shard was free for these, and at least one of them refuses its batch.
    settled += give_up_waiting(shared_, *latest, group);
  return settled;
}

/// Removes the group from a batch that certainly was not accepted. It keeps its sequence: no copy
/// with the other tasks is on its way.
std::size_t client_submits::give_up_under_way(shard_channel& channel, std::uint64_t group) {
  const auto refusal = *channel.refusal;
  wire::Submit message;
  if (!is_by_serving_shard(refusal) || channel.unanswered_copies > 0 ||
      !wire::open(channel.bytes, message)) {
    for (auto& call : channel.calls)
      if (call.group == group)
        if (const auto on_result = std::exchange(call.on_result, {}))
          on_result(perhaps_accepted(refusal));
    return 0;
  }
  auto taken = take_group(group, message, channel.calls);
  const auto settled = fail(taken, not_accepted(refusal));
  if (channel.calls.empty())
    end_batch(channel.epoch);
  else if (settled > 0)
    channel.bytes = wire::seal(message);
  return settled;
}

/// These were never sent.
std::size_t client_submits::give_up_waiting(std::deque<batch>& batches, const failure& refusal,
                                            std::uint64_t group) {
  std::size_t settled = 0;
  for (auto waiting = batches.begin(); waiting != batches.end();) {
    auto taken = take_group(group, *waiting->message, waiting->calls);
    settled += fail(taken, not_accepted(refusal));
    if (!waiting->calls.empty()) {
      ++waiting;
      continue;
    }
    end_batch(waiting->epoch);
    waiting = batches.erase(waiting);
  }
  return settled;
}

/// Removes the calls of `group` from `calls`, and their tasks from `message`; the others keep their
/// order.
std::vector<client_submits::waiting_call>
client_submits::take_group(std::uint64_t group, wire::Submit& message,
                           std::vector<waiting_call>& calls) {
  std::vector<waiting_call> taken;
  std::size_t kept = 0;
  for (std::size_t i = 0; i < calls.size(); ++i) {
    if (calls[i].group == group) {
      taken.push_back(std::move(calls[i]));
      continue;
    }
    if (kept != i) {
      message.mutable_tasks()->SwapElements(static_cast<int>(kept), static_cast<int>(i));
      calls[kept] = std::move(calls[i]);
    }
    ++kept;
  }
  calls.resize(kept);
  message.mutable_tasks()->DeleteSubrange(static_cast<int>(kept),
                                          message.tasks_size() - static_cast<int>(kept));
  return taken;
}

} // namespace belfry
