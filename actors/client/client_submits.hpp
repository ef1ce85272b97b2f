#pragma once

#include "client/client_inbox.hpp"

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace belfry {

/// Gathers tasks into batches and knows which batch is under way to which shard.
///
/// At most one batch is under way to each shard; tasks gather meanwhile, so that batches are
/// small and immediate under light load and large under heavy load. A task with a key waits for
/// the shard of its key, any other for the first shard that is free. Which shard is asked first
/// depends on the client's id, which is drawn at random.
class client_submits {
public:
  /// Sends the sealed Submit to `shard`.
  using sender = std::function<void(std::uint32_t shard, const std::vector<char>& bytes)>;
  struct limits {
    std::size_t batch_max = 512;
    std::size_t bytes_max = 256 * 1024;
    std::uint32_t resend_ticks = 25; ///< without an answer: send the batch again
    std::uint32_t defer_ticks = 5; ///< without an answer: send it to an outbox, if it may go there
  };
  /// What to do after an answer.
  struct verdict {
    std::size_t settled = 0;       ///< tasks answered
    std::optional<duration> pause; ///< the batch was refused for now: `resend` after this
  };

  client_submits(client_id client, limits maxima) : client_(client), limits_(maxima) {}

  [[nodiscard]] std::uint32_t shard_count() const {
    return static_cast<std::uint32_t>(channels_.size());
  }
  /// Tasks added before this wait for it. Requires: called once, with at least 1.
  void open(std::uint32_t shard_count);

  /// Tasks of these queues may go to an outbox. Each gets a key if it has none: it may be delivered
  /// from there and be accepted by its shard, too. A task whose own key is remembered for less than
  /// a day goes only to its shard.
  void set_outbox_queues(std::set<std::string> queues) { outbox_queues_ = std::move(queues); }
  /// `group` is that of the `submit_call`.
  void add(task_spec&& task, submit_callback&& on_result, std::uint64_t group = 0);
  /// Calls `on_result` once all tasks added before are answered. The answers of a few that are
  /// added later, to the same batch, may be waited for too.
  void flush(std::function<void(result<done>)> on_result);

  /// Sends to every free shard the next batch for it.
  void pump(const sender& send);
  /// Resends the batches under way to these shards: their connection is new, or they have moved.
  void resend_all(const std::function<bool(std::uint32_t shard)>& is_affected, const sender& send);
  /// Sends `sequence` of `shard` again if it is still the one under way.
  void resend(std::uint32_t shard, std::uint64_t sequence, const sender& send);
  /// A tick has passed: resends the batches that are unanswered for too long.
  void tick(const sender& send);
  /// Sends to an outbox the batches that may go there and that their shard has not answered for too
  /// long; and later ones at once, until the shard answers again.
  void defer(const sender& send);

  /// Takes a shard's answer; an answer to no batch under way changes nothing.
  verdict on_submitted(wire::Submitted& answer);
  /// The caller of `group` stops waiting: answers those of its tasks that are refused for now with
  /// the refusal. A task that certainly was not accepted is not sent again; another one may be, and
  /// its batch stays under way. Returns the number of tasks that are not open any more.
  ///
  /// Linear in the number of open tasks.
  std::size_t give_up(std::uint64_t group);
  /// Answers every open task with `error`. Returns their number.
  std::size_t fail_all(const failure& error);

  [[nodiscard]] bool is_idle() const { return open_ == 0; }

private:
  struct waiting_call {
    submit_callback on_result; // Empty: nobody waits any more.
    std::uint64_t group = 0;
  };
  struct batch {
    std::unique_ptr<wire::Submit> message;
    std::vector<waiting_call> calls; // One per task.
    std::size_t bytes = 0;
    std::uint64_t epoch = 0;
    bool is_deferrable = false; // All its tasks are.
  };
  struct shard_channel {
    std::deque<batch> keyed;
    std::uint64_t sequence = 0;          // Of the batch that is or was last under way.
    std::uint64_t latest_id = 0;         // The greatest that the shard has given.
    std::vector<char> bytes;             // Of the batch under way.
    std::vector<waiting_call> calls;     // One per task under way; empty: the shard is free.
    std::uint64_t epoch = 0;             // Of the batch under way.
    std::uint32_t ticks = 0;             // Since it was sent.
    std::uint32_t unreachable_ticks = 0; // Since its first send, or the last to an outbox.
    bool is_deferrable = false;          // The batch under way.
    bool is_deferring = false;           // An outbox had to take the last one.
    bool is_backing_off = false;         // The shard asked for a pause.
    std::optional<failure> refusal;      // The latest of the batch under way.
    std::uint32_t unanswered_copies = 0; // Of the batch: sent, and not refused yet.
    bool is_shard_reachable = false;     // While it backs off: the shard itself asked for it.
    bool is_shared_next = false;         // Alternates between its own and shared batches.

    shard_channel() = default;
    shard_channel(shard_channel&&) =
        default; // Without it, a growing vector would try to copy the batches.
  };

  struct pending_flush {
    std::uint64_t epoch;
    std::function<void(result<done>)> on_result;
  };

  void route(task_spec& task, submit_callback&& on_result, std::uint64_t group);
  void append(std::deque<batch>& batches, const task_spec& task, waiting_call call);
  [[nodiscard]] bool is_deferrable(const task_spec& task) const;
  batch new_batch();
  std::optional<batch> next_batch(shard_channel& channel);
  void send_batch(std::uint32_t shard, batch next, const sender& send);
  static void send_copy(shard_channel& channel, std::uint32_t shard, const sender& send);
  std::size_t fail(std::vector<waiting_call>& calls, const failure& error);
  void end_batch(std::uint64_t epoch);

  // Giving up: client_submits_give_up.cpp.
  static std::vector<waiting_call> take_group(std::uint64_t group, wire::Submit& message,
                                              std::vector<waiting_call>& calls);
  std::size_t give_up_under_way(shard_channel& channel, std::uint64_t group);
  std::size_t give_up_waiting(std::deque<batch>& batches, const failure& refusal,
                              std::uint64_t group);

  const client_id client_;
  const limits limits_;
  std::vector<submit_call> unrouted_; // Added before the number of shards was known.
  std::deque<batch> shared_;          // Tasks without a key.
  std::vector<shard_channel> channels_;
  std::vector<std::unique_ptr<wire::Submit>> spare_; // Messages to fill again: they keep memory.
  std::set<std::string> outbox_queues_;              // Whose tasks may go to an outbox.
  std::uint64_t generated_keys_ = 0;
  std::uint32_t next_shard_ = 0; // Which shard is asked first.
  std::size_t open_ = 0;
  std::uint64_t epoch_ = 0; // Grows with each flush: it waits for the batches up to its own.
  std::map<std::uint64_t, std::size_t> batches_by_epoch_; // Those that are not answered.
  std::vector<pending_flush> flushes_;                    // By epoch.
};

} // namespace belfry
