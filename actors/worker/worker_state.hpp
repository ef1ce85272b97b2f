#pragma once

#include "belfry/contract.hpp"

#include "link/cluster_links.hpp"
#include "worker/credit_allocator.hpp"
#include "worker/outcome_sender.hpp"
#include "worker/prefetch_controller.hpp"
#include "worker/run_completion.hpp"
#include "worker/task.hpp"
#include "worker/worker.hpp"

#include "dispatch/lease_tracker.hpp"

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

/// What a worker does with its messages: one method per message.
///
/// A run is held from its grant until the shard has confirmed its outcome. Held by one actor.
class worker_state {
public:
  worker_state(caf::event_based_actor* self, const worker_options& options);
  ~worker_state();

  worker_state(const worker_state&) = delete;
  worker_state& operator=(const worker_state&) = delete;

  /// Where the behaviour decodes messages to before it calls the deed. Reused, for speed.
  struct inbox {
    wire::Welcome welcome;
    wire::Attached attached;
    wire::HeartbeatAck heard;
    wire::Grant grant;
    wire::Revoke revoke;
    wire::ReportAck confirmed;
    wire::Cluster cluster;
    wire::Demand hungry;
    wire::CreditReturned returned;
  } in;

  [[nodiscard]] cluster_links& links() { return links_; }

  void welcome();
  void attached();
  void check_attach(std::uint64_t link, std::uint64_t number);
  void beat(std::uint64_t attempt);
  void heard();
  void fence();
  void hungry();
  void returned();

  void grant();
  void revoke();
  void confirmed();
  void on_runs_ended();
  void on_actor_down(const caf::actor_addr& who);
  void on_deadline(std::int64_t set_for);
  void flush();
  void flush_delayed();

  void stop();
  void interrupt_now();

private:
  using time_point = caf::actor_clock::time_point;

  enum class run_stage : std::uint8_t { waiting, running, ended };

  /// What this worker and one of its nodes have agreed on.
  struct node_session {
    bool is_joined = false; // The node knows this worker.
    lease_tracker lease;
    std::uint64_t attach_attempt = 0;    // The try of the link that the latest Attach went out on.
    std::uint64_t attach_generation = 0; // Of the latest Welcome.
  };

  struct held_run {
    wire::Run run;
    std::uint64_t link = 0; // Over which it came.
    run_stage at = run_stage::waiting;
    std::optional<time_point> start_by;           // While waiting.
    std::size_t slot = 0;                         // While running.
    stop_cause requested_stop = stop_cause::none; // While running: why it was asked to end.
    std::optional<time_point> deadline;           // While running: its entry in deadlines_.
  };

  struct slot {
    caf::actor task; // Empty: to be spawned.
    std::optional<run_key> running_key;
    std::shared_ptr<run_completion> end;
    std::string told; // The progress that was last sent.
    time_point since{};
  };

  /// What runs that start in a row have in common.
  struct start_batch {
    time_point now{};
    std::shared_ptr<void> executor_batch; // The executor's word for it, if there may be several.
  };

  static constexpr std::uint64_t no_link = 0;
  void accept(wire::Run& run, std::uint64_t link);
  [[nodiscard]] bool has_valid_lease(const held_run& held) const;
  void start_waiting();
  void start(const run_key& key, held_run& held, std::size_t at, const start_batch& of);
  [[nodiscard]] std::optional<std::size_t> free_slot();
  void drain_ended_runs();
  void ended(ended_run& one, time_point now);
  void finish(const run_key& key, held_run& held, wire::RunOutcome&& outcome);
  void finish_unstarted(const run_key& key, wire::RunOutcome::Verdict verdict);
  void return_waiting_runs();
  void return_waiting_runs(const std::function<bool(const run_key&, const held_run&)>& is_meant);
  void request_stop(const run_key& key, held_run& held, stop_cause cause);
  void interrupt_running();
  void set_deadline(const run_key& key, held_run& held, duration from_now);
  void clear_deadline(const run_key& key, held_run& held);
  void set_alarm();
  void task_actor_died(std::size_t at);
  [[nodiscard]] cluster_links::listener listener();
  void closed(const node_link& one);
  void moved(const std::set<std::uint32_t>& shards);
  void check_leases();
  void attach(const node_link& to);
  void attach_all();
  void update_reachability();
  [[nodiscard]] bool is_reachable(shard_id shard);
  [[nodiscard]] wire::Heartbeat make_heartbeat(const node_link& to);
  void send_reports(std::vector<envelope> reports);
  void allocate_credit();
  void send_credit(const credit_allocator::share& share, bool is_recall);
  void request_flush();
  void force_quit_after(duration patience);
  void quit_if_done();
  [[nodiscard]] std::uint32_t room() const;
  void return_prefetched();
  [[nodiscard]] bool knows(const std::string& kind) const { return kinds_.contains(kind); }
  [[nodiscard]] time_point now() const { return self_->clock().now(); }
  [[nodiscard]] std::int64_t now_ms() const;

  caf::event_based_actor* self_;
  const worker_options options_;
  prng random_;
  const session_id session_;
  std::set<std::string> kinds_;
  cluster_links links_;
  std::map<std::uint64_t, node_session> node_sessions_; // By key of the link.
  outcome_sender outcomes_;
  credit_allocator credit_;
  duration lease_{0}; // As the nodes last said.
  std::map<std::uint32_t, std::uint64_t>
      shard_epochs_; // By shard: older grants have come too late.
  std::map<shard_id, time_point>
      unreachable_since_; // Of held runs: since when no node has been there.

  std::map<run_key, held_run> held_;
  std::deque<run_key> waiting_;
  std::shared_ptr<ended_run_queue> ended_;
  std::vector<slot> slots_;
  std::vector<std::size_t> idle_;
  std::set<std::pair<time_point, run_key>> deadlines_;
  std::optional<time_point> alarm_; // The earliest on its way; later ones may trail it.
  prefetch_controller prefetch_;
  bool is_flush_scheduled_ = false;
  bool is_flush_delayed_ = false; // One is on its way, but may be overtaken.
  time_point flushed_at_{};
  bool is_leaving_ = false;
  bool is_force_quit_scheduled_ = false; // Leaving, and there is a limit to how long.
};

} // namespace belfry
