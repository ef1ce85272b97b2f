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

using retry_write_atom = caf::atom_constant<caf::atom("rewrite")>;
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

  void meet(const child_started& who);

  // Recovery: shard_recovery.cpp.
  void acquire();
  void acquired(const shard_acquired& answer);
  void snapshot_came(snapshot_parts& parts);
  void stretch_came(journal_stretch& stretch);

  // Clients: shard_clients.cpp.
  void submit(const envelope& from);
  void ask(const envelope& from);

  // Workers and the dispatcher: shard_runs.cpp.
  void report(const envelope& from);
  void attach(worker_attached& who);
  void miss(const worker_gone& who);
  void hear(worker_heard& who);
  void take(const take_tasks& what);
  void tell_lanes();

  // The journal.
  void flush();
  void written(batch_written& answer);
  void write_again();
  void room(const room_checked& answer) { has_room_ = answer.has_room; }

  // Snapshots: shard_recovery.cpp.
  void continue_snapshot();
  void put(const objects_put& answer);
  void committed(const snapshot_committed& answer);

  void wake(std::int64_t set_for_ms);
  [[nodiscard]] audit_answer audit() const;

private:
  using act = std::function<void()>;

  /// Something is refused, and may be asked for again.
  struct for_now {
    failure why;
    duration retry_after{};
  };
  struct waiter {
    caf::actor client;
    std::uint64_t correlation = 0;
    instant heard_at{};
  };

  void record(const event& what, durability level) override;

  instant now(); // Also sets `now_`.
  [[nodiscard]] bool is_serving() const { return is_serving_; }
  [[nodiscard]] caf::actor sender() const;
  [[nodiscard]] bool is_later_owners(fencing_token token) const;
  void give_up(const status& how);
  void request_flush();
  void request_matched_flush();
  void tell_changed_lanes(bool is_answered);
  void request_wake();
  void set_alarm();
  void gather_consequences();
  void grant(const std::vector<granted_run>& runs);
  void hand_over(session_id to, wire::Grant& granted);
  void revoke(const std::vector<granted_run>& runs, bool only_waiting);
  void tell_outbox();
  void tell_settled(const std::vector<task_id>& tasks);
  void forget_silent_waiters();

  std::optional<for_now> reason_to_refuse(const wire::Submit& batch);
  void answer_later(const caf::actor& client, wire::Answer answer);
  void answer(const caf::actor& client, wire::Answer answer);
  std::optional<wire::Answer> decide(const wire::Request& about);
  std::optional<wire::Answer> about_task(const wire::Request& about);
  std::optional<wire::Answer> wait_for(task_id id, std::uint64_t correlation);
  std::optional<wire::Answer> explain(task_id id, std::uint64_t correlation);
  wire::Answer list(const wire::ListTasks& what);
  wire::Answer set_queue(const wire::SetQueue& what);
  wire::Answer list_queues();
  wire::Answer list_schedules();

  void acquire_later(const status& how);
  void read_on(const std::string& after);
  void finish_recovery(std::uint64_t next);
  void give_up_snapshot(const status& how);
  void begin_snapshot_if_due(std::uint64_t position);
  void put_or_commit();
  [[nodiscard]] duration pause_after_put() const;
  void end_snapshot();

  caf::event_based_actor* self_;
  const shard_options options_;
  caf::actor keeper_;
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
  std::vector<act> acts_;                    // To be done when the gathering batch is written.
  std::vector<act> acts_under_way_;
  std::uint32_t count_under_way_ = 0; // Events in the batch under way; 0: none is.
  append_batch refused_;              // Waits for the storage to take it.
  bool is_flush_on_its_way_ = false;
  bool is_wake_on_its_way_ = false; // At once.
  bool has_room_ = true;
  std::size_t pending_bytes_ = 0;   // Of submissions, not yet written. About.
  std::size_t bytes_under_way_ = 0; // The part of them that is.
  std::size_t answers_bytes_ = 0;   // Of what was asked, waiting for a write.
  instant room_asked_at_{};
  admission admission_;

  // Snapshots.
  shard_snapshot snapshot_;
  bool is_snapshot_under_way_ = false;
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
