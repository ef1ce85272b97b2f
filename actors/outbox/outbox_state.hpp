#pragma once

#include "base/batch_writer.hpp"
#include "base/local_messages.hpp"
#include "belfry/actors/client_actor.hpp"
#include "belfry/actors/protocol.hpp"
#include "outbox/outbox.hpp"
#include "outbox/outbox_backlog.hpp"

#include "wire/messages.pb.h"

#include <map>
#include <memory>
#include <optional>

namespace belfry {

using deliver_atom = caf::atom_constant<caf::atom("deliver")>;

/// What an outbox does with its messages: one method per message.
///
/// A batch that a client defers changes the backlog at once, and its answer waits until the
/// `batch_writer` says that the record of the change is durable.
class outbox_state {
public:
  outbox_state(caf::event_based_actor* self, outbox_options options);

  void on_child_started(const child_started& message);

  // Recovery.
  void on_shard_acquired(const shard_acquired& answer);
  void on_snapshot_position(const snapshot_chunk& chunk);
  void on_journal_chunk(const journal_chunk& chunk);

  void on_defer(const envelope& message);
  void on_outbox_queues(const outbox_queues& message);
  void flush();
  void on_batch_written(batch_written& answer);
  void on_retry_write() { batches_.retry(); }
  void on_journal_truncated(const snapshot_committed& answer);

  // Delivery: outbox_delivery.cpp.
  /// Delivers the batches that wait; the second form delivers task `index` of batch `number` again.
  void deliver();
  void deliver(std::uint64_t number, std::size_t index);

private:
  [[nodiscard]] bool has_space();
  void accept_task(task_spec task, outbox_backlog::batch& batch, wire::Accepted& outcome);
  void fail_with(const storage_status& outcome);
  void serve_if_ready();
  void truncate_if_due();
  void on_task_refused(std::uint64_t number, std::size_t index, const failure& reason);
  void on_task_done(std::uint64_t number);
  void notify_router();

  caf::event_based_actor* self_;
  const outbox_options options_;
  caf::actor journal_keeper_;
  caf::actor router_;
  caf::actor client_; // Delivers; exists from the moment the outbox serves.
  outbox_backlog backlog_;
  bool is_recovered_ = false;
  bool is_serving_ = false;
  std::optional<outbox_queues> pending_queues_; // Before it served.

  // The journal.
  std::uint64_t epoch_ = 0;
  batch_writer batches_;
  std::uint64_t begin_ = 1;       // The first record that the journal still has.
  std::size_t journal_bytes_ = 0; // Written since it was truncated.
  bool is_truncating_ = false;
  bool is_full_logged_ = false;

  // Delivery.
  std::uint64_t last_delivered_ = 0;                 // The last batch whose delivery has begun.
  std::map<std::uint64_t, std::size_t> undelivered_; // Tasks in delivery, by batch.
  std::size_t in_flight_ = 0;                        // Tasks in delivery.
  /// Expires with this state: an actor that has quit still receives answers to its requests.
  std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);
};

} // namespace belfry
