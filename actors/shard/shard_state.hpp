#pragma once

#include "belfry/actors/protocol.hpp"

#include "base/local_messages.hpp"
#include "shard/shard.hpp"
#include "shard/shard_snapshot.hpp"

#include "task/admission.hpp"
#include "task/ledger.hpp"
#include "wire/event_codec.hpp"

#include <functional>
#include <map>
#include <optional>

namespace belfry {

using retry_write_atom = caf::atom_constant<caf::atom("retrywrite")>;
using acquire_atom = caf::atom_constant<caf::atom("acquire")>;
using snapshot_atom = caf::atom_constant<caf::atom("snapshot")>;
using audit_answer = std::vector<std::string>;

/// What a shard does with its messages: one method per message.
///
/// A command changes the ledger at once, its event goes into the batch that is gathering, and what
/// others may know of it waits in `acts_` until that batch is written. One batch is under way at a
/// time; meanwhile the next one gathers.
class shard_state : private event_sink {
public:
  shard_state(caf::event_based_actor* self, shard_options options);

  void on_child_started(const child_started& who);

  // Recovery: shard_recovery.cpp.
  void acquire();
  void acquired(const shard_acquired& answer);
  void on_snapshot_chunk(snapshot_chunk& parts);
  void on_journal_chunk(journal_chunk& chunk);

  // Clients: shard_clients.cpp.
  void submit(const envelope& from);
  void ask(const envelope& from);

  // Workers and the dispatcher: shard_runs.cpp.
  void report(const envelope& from);
  void attach(worker_attached& who);
  void on_worker_disconnected(const worker_disconnected& who);
  void on_worker_heartbeat(worker_heartbeat& who);
  void take(const grant_tasks& what);
  void request_lanes();

  // The journal.
  void flush();
  void on_batch_written(batch_written& answer);
  void retry_write();
  void on_space_checked(const space_checked& answer) { has_space_ = answer.has_space; }

  // Snapshots: shard_recovery.cpp.
  void continue_snapshot();
  void put(const objects_put& answer);
  void committed(const snapshot_committed& answer);

  void wake(std::int64_t set_for_ms);
  [[nodiscard]] audit_answer audit() const;

private:
  using durable_callback = std::function<void()>;

  /// Something is refused, and may be asked for again.
  struct temporary_refusal {
    failure reason;
    duration retry_after{};
  };
  struct waiter {
    caf::actor client;
    std::uint64_t correlation = 0;
    instant last_request_at{};
  };

  void record(const event& what, durability level) override;

  instant now(); // Also sets `now_`.
  [[nodiscard]] bool is_serving() const { return is_serving_; }
  [[nodiscard]] caf::actor sender() const;
  [[nodiscard]] bool is_from_later_epoch(fencing_token token) const;
  void fail_with(const storage_status& outcome);
  void request_flush();
  void request_matched_flush();
  void publish_changed_lanes(bool wants_flush);
  void request_wake();
  void set_alarm();
  void apply_effects();
  void grant(const std::vector<granted_run>& runs);
  void send_grant(session_id to, wire::Grant& granted);
  void revoke(const std::vector<granted_run>& runs, bool only_unstarted);
  void send_outbox_queues();
  void notify_waiters(const std::vector<task_id>& tasks);
  void expire_waiters();

  std::optional<temporary_refusal> check_admission(const wire::Submit& batch);
  void answer_later(const caf::actor& client, wire::Response answer);
  void answer(const caf::actor& client, wire::Response answer);
  std::optional<wire::Response> handle_request(const wire::Request& request);
  std::optional<wire::Response> handle_task_request(const wire::Request& request);
  std::optional<wire::Response> wait_for(task_id id, std::uint64_t correlation);
  std::optional<wire::Response> explain(task_id id, std::uint64_t correlation);
  wire::Response list(const wire::ListTasks& what);
  wire::Response set_queue(const wire::SetQueue& what);
  wire::Response list_queues();
  wire::Response list_schedules();

  void retry_acquire(const storage_status& outcome);
  void read_snapshot_after(const std::string& after);
  void finish_recovery(std::uint64_t next);
  void abort_snapshot(const storage_status& outcome);
  void begin_snapshot_if_due(std::uint64_t position);
  void put_or_commit();
  [[nodiscard]] duration pause_after_put() const;
  void end_snapshot();

  caf::event_based_actor* self_;
  const shard_options options_;
  caf::actor journal_keeper_;
  caf::actor dispatcher_;
  caf::actor outbox_;           // None: this node has none.
  std::optional<ledger> tasks_; // From the moment the shard is acquired.
  bool is_serving_ = false;
  instant now_{};
  instant recovering_since_{};

  // The journal.
  std::uint64_t epoch_ = 0;
  std::uint64_t head_ = 1; // Where the batch under way, or the next one, begins.
  wire::event_writer writer_;
  durability level_ = durability::in_memory; // What the gathering batch asks for.
  std::vector<durable_callback> on_durable_; // To be done when the gathering batch is written.
  std::vector<durable_callback> on_durable_in_flight_;
  std::uint32_t in_flight_count_ = 0; // Events in the batch under way; 0: none is.
  append_batch refused_;              // Waits for the storage to take it.
  bool is_flush_scheduled_ = false;
  bool is_wake_scheduled_ = false; // At once.
  bool has_space_ = true;
  std::size_t pending_bytes_ = 0;         // Of submissions, not yet written. About.
  std::size_t in_flight_bytes_ = 0;       // The part of them that is.
  std::size_t pending_answers_bytes_ = 0; // Of what was asked, waiting for a write.
  instant space_checked_at_{};
  admission admission_;

  // Snapshots.
  shard_snapshot snapshot_;
  bool is_snapshot_in_progress_ = false;
  bool are_parts_complete_ = false;
  bool is_commit_sent_ = false;
  std::size_t journal_bytes_ = 0; // Since the last snapshot.

  std::map<session_id, caf::actor> workers_;
  std::map<task_id, std::vector<waiter>> waiters_;
  instant waiters_swept_at_{};
  std::optional<instant> alarm_; // The earliest on its way; later ones may trail it.

  // Reused, because their strings keep their memory.
  wire::Submit submit_;
  wire::Report report_;
};

} // namespace belfry
