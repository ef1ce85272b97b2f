#pragma once

#include "belfry/actors/protocol.hpp"

#include "base/batch_writer.hpp"
#include "base/local_messages.hpp"
#include "shard/shard.hpp"
#include "shard/snapshot_packer.hpp"
#include "shard/submit_admission.hpp"
#include "shard/task_log.hpp"
#include "shard/task_waiters.hpp"

#include "metrics/task_meter.hpp"
#include "task/ledger.hpp"
#include "wire/event_codec.hpp"

#include <caf/actor_clock.hpp>

#include <cstdint>
#include <map>
#include <optional>

namespace belfry {

using acquire_atom = caf::atom_constant<caf::atom("acquire")>;
using snapshot_atom = caf::atom_constant<caf::atom("snapshot")>;
using audit_answer = std::vector<std::string>;

/// What a shard does with its messages: one method per message.
///
/// A command changes the ledger at once and its events gather for the next batch. What others may
/// know of it waits until the `batch_writer` says that the batch is durable.
class shard_state : private event_sink {
public:
  shard_state(caf::event_based_actor* self, shard_options options);

  void on_child_started(const child_started& message);

  // Recovery: shard_recovery.cpp.
  void acquire();
  void on_shard_acquired(const shard_acquired& answer);
  void on_snapshot_chunk(snapshot_chunk& chunk);
  void on_journal_chunk(journal_chunk& chunk);

  // Clients: shard_submits.cpp, shard_clients.cpp.
  /// The shard is stopped: its clients repeat what is not written, here or at its next owner.
  void on_exit() { batches_.abandon(); }
  void on_submit(const envelope& message);
  void on_request(const envelope& message);

  // Workers and the dispatcher: shard_runs.cpp.
  void on_report(const envelope& message);
  void on_worker_attached(worker_attached& message);
  void on_worker_disconnected(const worker_disconnected& message);
  void on_worker_heartbeat(worker_heartbeat& message);
  void on_grant_tasks(const grant_tasks& request);
  void publish_lanes();

  // The journal.
  void flush();
  void on_batch_written(batch_written& answer);
  void on_retry_write() { batches_.retry(); }
  void on_space_checked(const space_checked& answer) { batches_.set_has_space(answer.has_space); }

  // Snapshots: shard_snapshot.cpp.
  void on_continue_snapshot();
  void on_objects_put(const objects_put& answer);
  void on_snapshot_committed(const snapshot_committed& answer);

  // Metrics: shard_metrics.cpp.
  [[nodiscard]] shard_collected on_collect_metrics(const collect_metrics& request) const;

  // Time.
  void on_wake(std::int64_t set_for_ms);
  [[nodiscard]] audit_answer on_audit() const;

  // The log.
  void on_log_summary() { task_log_.on_log_summary(); }

private:
  void record(const event& change, durability level) override;

  using time_point = caf::actor_clock::time_point;

  /// A worker of this shard, and the latest numbered message of it that the shard has heard.
  struct connected_worker {
    caf::actor actor;
    std::uint64_t heard_number = 0; // 0: none, or the worker does not number them.
    time_point heard_at{};
    std::string name; // For people.
  };

  instant now(); // Also sets `now_`.
  [[nodiscard]] bool is_serving() const { return is_serving_; }
  [[nodiscard]] caf::actor sender() const;
  [[nodiscard]] std::string name() const;
  [[nodiscard]] bool is_from_later_epoch(fencing_token token) const;
  void fail_with(const storage_status& outcome);
  void request_flush() { batches_.request_flush(); }
  void request_matched_flush();
  void publish_changed_lanes(bool wants_flush);
  void request_wake();
  void compensate_stall();
  void set_alarm();
  void apply_effects();
  void grant(const std::vector<granted_run>& runs);
  void send_grant(session_id session, wire::Grant& granted);
  void set_start_limits(const connected_worker& worker, wire::Grant& granted);
  void note_heard(session_id session, std::uint64_t number, const std::vector<begun_run>& begun);
  void mark_begun(session_id session, const std::vector<begun_run>& runs); // At `now_`.
  void open_ledger(const ledger_options& options);
  void revoke(const std::vector<granted_run>& runs, bool only_unstarted);
  void send_outbox_queues();
  void notify_waiters(const std::vector<task_id>& settled);
  void mark_answered_when_durable(task_id id);
  void log_deaths(const std::vector<task_id>& dead);

  std::optional<submit_admission::refusal> check_admission(const wire::Submit& batch);
  void refuse_epoch(const wire::Request& request);
  void answer_later(const caf::actor& client, wire::Response answer);
  void mark_unwritten(wire::Response& answer) const;
  void refuse_batch(const caf::actor& client, std::uint64_t id, std::uint64_t sequence,
                    const submit_admission::refusal& reason);
  [[nodiscard]] bool is_duplicate(const wire::Submit& batch) const;
  [[nodiscard]] submit_admission::refusal wait_for_storage() const;
  void answer(const caf::actor& client, wire::Response answer);
  std::optional<wire::Response> handle_request(const wire::Request& request);
  std::optional<wire::Response> handle_task_request(const wire::Request& request);
  result<done> change_schedule(const wire::Request& request);
  [[nodiscard]] wire::Response get(task_id id) const;
  std::optional<wire::Response> wait_for(task_id id, std::uint64_t correlation);
  std::optional<wire::Response> explain(task_id id, std::uint64_t correlation);
  wire::Response list(const wire::ListTasks& request);
  wire::Response set_queue(const wire::SetQueue& request);
  wire::Response list_queues();
  wire::Response list_schedules();

  void on_journal_reopened(const caf::actor& keeper);
  void retry_acquire(const storage_status& outcome);
  void rise_above(const shard_memory& remembered);
  void read_snapshot_after(const std::string& after);
  void warn_of_schedules_ahead(instant present);
  void finish_recovery(std::uint64_t next);
  void abort_snapshot(const storage_status& outcome);
  void begin_snapshot_if_due(std::uint64_t position);
  void put_or_commit();
  [[nodiscard]] duration pause_after_put() const;

  caf::event_based_actor* self_;
  const shard_options options_;
  caf::actor journal_keeper_;
  caf::actor dispatcher_;
  caf::actor outbox_;               // None: this node has none.
  std::optional<task_meter> meter_; // Nothing: nothing is counted.
  std::optional<ledger> tasks_;     // From the moment the shard is acquired.
  bool is_serving_ = false;
  bool is_acquire_scheduled_ = false;
  instant now_{};
  instant recovering_since_{};

  // The journal.
  std::uint64_t epoch_ = 0;
  wire::event_writer events_;                // Of the gathering batch.
  durability level_ = durability::in_memory; // The highest that one of them asks for.
  batch_writer batches_;
  instant write_began_at_{}; // Of the batch in flight.
  snapshot_packer snapshot_;
  std::size_t journal_bytes_ = 0; // Since the last snapshot.

  task_log task_log_{self_, options_.shard, *this, tasks_};

  // Clients.
  submit_admission admission_;
  std::size_t pending_answers_bytes_ = 0; // Of answers that wait for a write.
  task_waiters waiters_;

  std::map<session_id, connected_worker> workers_;
  std::optional<instant> alarm_;   // The earliest that is set; later ones may trail it.
  bool is_wake_scheduled_ = false; // At once.
  instant wake_requested_at_{};    // When that was requested.

  // Reused, because their strings keep their memory.
  wire::Submit submit_;
  wire::Report report_;
};

} // namespace belfry
