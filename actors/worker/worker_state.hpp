#pragma once

#include "belfry/contract.hpp"

#include "link/cluster_links.hpp"
#include "worker/credit_allocator.hpp"
#include "worker/outcome_sender.hpp"
#include "worker/run_completion.hpp"
#include "worker/slot_credit.hpp"
#include "worker/task_actor.hpp"
#include "worker/worker.hpp"

#include "task/state/shard_epoch.hpp"
#include "worker/prefetch_controller.hpp"
#include "worker/slot_limit.hpp"
#include "worker/worker_lease.hpp"

#include <caf/event_based_actor.hpp>

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>

namespace belfry {

using flush_runs_atom = caf::atom_constant<caf::atom("flushruns")>;
using delayed_flush_atom = caf::atom_constant<caf::atom("flushdelay")>;
using send_heartbeat_atom = caf::atom_constant<caf::atom("sendhbeat")>;
using attach_check_atom = caf::atom_constant<caf::atom("attcheck")>;
using deadline_atom = caf::atom_constant<caf::atom("deadline")>;
using fence_atom = caf::atom_constant<caf::atom("fence")>;
using interrupt_now_atom = caf::atom_constant<caf::atom("interrupt")>;
using force_quit_atom = caf::atom_constant<caf::atom("forcequit")>;
using try_more_slots_atom = caf::atom_constant<caf::atom("moreslots")>;

/// What a worker does with its messages: one method per message.
///
/// A run is held from its grant until the shard has acknowledged its outcome. Owned by one actor.
class worker_state {
public:
  worker_state(caf::event_based_actor* self, const worker_options& options);
  ~worker_state();

  worker_state(const worker_state&) = delete;
  worker_state& operator=(const worker_state&) = delete;

  [[nodiscard]] cluster_links& links() { return links_; }

  // Sessions with nodes; worker_attach.cpp.
  void on_welcome(const wire::Welcome& welcome);
  void on_attached(const wire::Attached& answer);
  void on_cluster(const wire::Cluster& cluster) { links_.update_cluster(cluster); }
  void on_attach_check(std::uint64_t link, std::uint64_t number);

  // Leases; worker_leases.cpp.
  void on_send_heartbeat(std::uint64_t attempt);
  void on_heartbeat_ack(const wire::HeartbeatAck& answer);
  void on_fence();

  // Outcomes; worker_reports.cpp.
  void on_report_ack(const wire::ReportAck& answer);
  void flush();
  void on_delayed_flush();

  // Credit; worker_credit.cpp.
  void on_demand(const wire::Demand& demand);
  void on_credit_returned(const wire::CreditReturned& answer);

  // Shortages of the machine; worker_shortage.cpp.
  void on_try_more_slots();

  // Runs; worker_state.cpp.
  void on_grant(wire::Grant& grant);
  void on_runs_ended();
  void on_actor_down(const caf::actor_addr& address);

  // Ends of runs and of the worker; worker_stops.cpp.
  void on_revoke(const wire::Revoke& revoke);
  void on_run_deadline(std::int64_t set_for);
  void on_stop();
  void on_interrupt_now();

private:
  using time_point = caf::actor_clock::time_point;

  enum class run_stage : std::uint8_t { waiting, running, ended };

  /// What this worker and one of its nodes have agreed on.
  struct node_session {
    bool is_joined = false; // The node knows this worker.
    worker_lease lease;
    std::uint64_t attach_attempt = 0;    // The link's attempt on which the latest Attach was sent.
    std::uint64_t attach_generation = 0; // Of the latest Welcome.
  };

  struct held_run {
    wire::Run run;
    std::uint64_t link = 0; // By which it was granted.
    run_stage stage = run_stage::waiting;
    std::optional<time_point> start_limit;        // The handler is not called after this.
    std::size_t slot = 0;                         // While running.
    stop_cause requested_stop = stop_cause::none; // While running: why it was asked to end.
    std::optional<time_point> deadline;           // While running: its entry in deadlines_.
  };

  struct slot {
    caf::actor task; // Null: not spawned yet, or dead.
    std::optional<run_key> running_key;
    std::shared_ptr<run_completion> completion;
    std::string sent_progress;
    time_point started_at{};
    bool is_begin_told = false; // By a heartbeat or report; an Attach tells again.
  };

  /// What runs that start together have in common.
  struct start_batch {
    time_point started_at{};
    std::shared_ptr<void> executor_batch; // Set if there may be several.
  };

  static constexpr std::uint64_t no_link = 0;

  // Sessions.
  [[nodiscard]] cluster_links::listener listener();
  void on_link_closed(const node_link& link);
  void on_shards_moved();
  void attach(const node_link& link);
  void attach_all();

  // Leases.
  void check_leases();
  [[nodiscard]] bool has_valid_lease(const held_run& held) const;
  void send_heartbeat(const node_link& link);
  void refresh_time_reference(const node_link* link);
  [[nodiscard]] wire::Heartbeat make_heartbeat(const node_link& link);
  static void add_changes(slot& busy, wire::Heartbeat& heartbeat);
  void return_prefetched();
  void forget_removed_links();
  void update_reachability();
  [[nodiscard]] bool is_reachable(shard_id shard);

  // Outcomes.
  void send_reports(std::vector<envelope> reports);
  void send_next_reports();
  void name_begun_runs(time_point now);
  void set_times(wire::RunOutcome& outcome, const slot& busy, time_point ended_at) const;
  void request_flush();

  // Credit.
  void allocate_credit();
  void send_credit(const credit_allocator::share& share, bool is_recall);
  [[nodiscard]] std::uint32_t credit_limit() const;
  [[nodiscard]] std::uint32_t free_slots() const;

  // Shortages.
  void on_shortage(const wire::RunOutcome& outcome);
  void schedule_trial();
  [[nodiscard]] bool has_room() const;

  // Runs.
  void accept(wire::Run& run, std::uint64_t link, std::optional<time_point> granted_at);
  [[nodiscard]] std::optional<time_point> time_of(const wire::Grant& grant,
                                                  const node_link* link) const;
  void start_waiting();
  [[nodiscard]] std::optional<std::size_t> free_slot();
  void start(const run_key& key, held_run& held, std::size_t slot_index, const start_batch& batch);
  void drain_ended_runs();
  void on_run_ended(ended_run& ended, time_point now);
  void finish(const run_key& key, held_run& held, wire::RunOutcome&& outcome);
  void finish_unstarted(const run_key& key, wire::RunOutcome::Verdict verdict);
  void task_actor_died(std::size_t slot_index);
  [[nodiscard]] bool runs_kind(const std::string& kind) const { return kinds_.contains(kind); }

  // Ends.
  using run_predicate = std::function<bool(const run_key&, const held_run&)>;
  void return_waiting_runs(const run_predicate& is_affected);
  void announce_stop_to_runs();
  void request_stop(const run_key& key, held_run& held, stop_cause cause);
  void set_deadline(const run_key& key, held_run& held, duration from_now);
  void clear_deadline(const run_key& key, held_run& held);
  void set_alarm();
  void force_quit_after(duration timeout);
  void quit_if_done();

  [[nodiscard]] std::size_t running() const { return slots_.size() - idle_.size(); }
  [[nodiscard]] time_point now() const { return self_->clock().now(); }
  [[nodiscard]] static std::int64_t clock_ms(time_point at);
  [[nodiscard]] std::int64_t now_ms() const { return clock_ms(now()); }

  caf::event_based_actor* self_;
  const worker_options options_;
  prng random_;
  const session_id session_;
  std::set<std::string> kinds_;
  cluster_links links_;
  std::map<std::uint64_t, node_session> node_sessions_; // By key of the link.
  outcome_sender outcomes_;
  credit_allocator credit_;
  slot_credit slot_credit_; // Which part of it.
  duration lease_{0};       // As stated by the latest Attached.
  // A grant of an earlier epoch than the shard's is by a previous owner, and refused.
  std::map<shard_id, shard_memory> remembered_;
  // Of shards of held runs: since when no node was reachable that has them.
  std::map<shard_id, time_point> unreachable_since_;

  std::map<run_key, held_run> held_;
  std::deque<run_key> waiting_;
  std::shared_ptr<ended_run_queue> ended_;
  std::vector<ended_run> taken_; // From it, the last time.
  std::vector<slot> slots_;
  std::vector<std::size_t> idle_;
  slot_limit slot_limit_;
  std::uint64_t short_runs_ = 0; // Returned for a shortage, since all slots were used.
  bool is_trial_scheduled_ = false;
  std::set<std::pair<time_point, run_key>> deadlines_;
  std::optional<time_point> alarm_; // The earliest scheduled one; later ones may follow.
  prefetch_controller prefetch_;
  bool is_flush_scheduled_ = false;
  bool is_flush_delayed_ = false; // A delayed flush is scheduled; an immediate one may overtake it.
  time_point flushed_at_{};
  time_point begins_named_at_{}; // In reports.
  bool is_draining_ = false;
  bool is_force_quit_scheduled_ = false; // The worker quits then, whatever it holds.
};

} // namespace belfry
