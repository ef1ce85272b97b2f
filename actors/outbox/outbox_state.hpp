#pragma once

#include "base/local_messages.hpp"
#include "belfry/actors/client_actor.hpp"
#include "belfry/actors/protocol.hpp"
#include "outbox/outbox.hpp"
#include "outbox/outbox_backlog.hpp"

#include "wire/messages.pb.h"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <vector>

namespace belfry {

using deliver_atom = caf::atom_constant<caf::atom("deliver")>;
using retry_write_atom = caf::atom_constant<caf::atom("retrywrite")>;

/// What an outbox does with its messages: one method per message.
///
/// As a shard: a batch changes the book at once, its record gathers, and the answer waits until
/// that is written. One record is under way at a time.
class outbox_state {
public:
  outbox_state(caf::event_based_actor* self, outbox_options options)
      : self_(self), options_(std::move(options)) {}

  void on_child_started(const child_started& who);

  // Recovery.
  void acquired(const shard_acquired& answer);
  void on_snapshot_position(const snapshot_chunk& parts);
  void on_journal_chunk(const journal_chunk& chunk);

  void take(const envelope& from);
  void on_outbox_queues(const outbox_queues& news);
  void flush();
  void on_batch_written(batch_written& answer);
  void retry_write();
  void on_journal_truncated(const snapshot_committed& answer);
  /// Hands over what waits; the task `index` of the batch `number` again.
  void deliver();
  void deliver(std::uint64_t number, std::size_t index);

private:
  [[nodiscard]] bool has_space();
  void take(task_spec task, outbox_backlog::batch& into, wire::Accepted& outcome);
  void fail_with(const storage_status& outcome);
  void serve_if_ready();
  void request_flush();
  void truncate_if_due();
  void on_task_refused(std::uint64_t number, std::size_t index, const failure& why);
  void on_task_done(std::uint64_t number);
  void notify_router();

  caf::event_based_actor* self_;
  const outbox_options options_;
  caf::actor journal_keeper_;
  caf::actor router_;
  caf::actor client_; // That delivers; from the moment the outbox serves.
  outbox_backlog backlog_;
  bool is_recovered_ = false;
  bool is_serving_ = false;
  std::optional<outbox_queues> pending_queues_; // Before it served.

  // The journal.
  std::uint64_t epoch_ = 0;
  std::uint64_t head_ = 1;
  std::uint64_t begin_ = 1; // Of what the journal still has.
  std::size_t journal_bytes_ = 0;
  bool is_write_in_flight_ = false;
  bool is_flush_scheduled_ = false;
  bool is_truncating_ = false;
  bool has_space_ = true;
  bool is_full_logged_ = false; // The log knows.
  append_batch refused_;        // Waits for room.
  std::vector<std::function<void()>> on_durable_;
  std::vector<std::function<void()>> on_durable_in_flight_;

  std::uint64_t last_delivered_ = 0;                 // The number of the last batch that was.
  std::map<std::uint64_t, std::size_t> undelivered_; // Tasks under way, by batch.
  std::size_t in_flight_ = 0;                        // Tasks.
  /// An actor that quits drops its state, and yet hears the answers to what it has asked.
  std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);
};

} // namespace belfry
