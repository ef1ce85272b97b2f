#pragma once

#include "belfry/options.hpp"
#include "belfry/result.hpp"
#include "random/prng.hpp"
#include "task/event.hpp"
#include "task/lifecycle.hpp"
#include "task/ready_lane.hpp"
#include "task/rule_book.hpp"
#include "task/task_table.hpp"
#include "time/cron.hpp"
#include "time/timing_wheel.hpp"

#include <array>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace belfry {

/// What a ledger is set up with.
struct ledger_options {
  shard_id shard;
  std::uint64_t epoch = 1; ///< of the shard's owner; makes tokens grow over take-overs
  std::uint64_t seed = 1;  ///< for jitter
  submit_limits submits{};
  run_limits runs{};
  std::size_t settled_kept_max = 20'000; ///< settled tasks remembered, dead ones not counted
  duration dead_retention{std::chrono::hours{24 * 30}};
  /// How long a client's last batch is kept, while the shard is there to be asked again.
  duration deduplication_window{std::chrono::minutes{10}};
};

/// One task granted to a worker.
struct granted_run {
  session_id session;
  task_id task;
  fencing_token token;
};

/// What follows from the decisions since the last `take_effects`; to be carried out once
/// everything recorded until then is as sure as its level asks.
struct effects {
  std::vector<granted_run> grants;
  std::vector<granted_run> revokes; ///< runs to end
  std::vector<granted_run> recalls; ///< runs to give back if they have not begun
  std::vector<task_id> settled;
  std::vector<session_id> lost; ///< sessions whose lease has ended
};

/// How a worker's run ended.
struct run_outcome {
  enum class verdict : std::uint8_t {
    succeeded,
    failed,
    snoozed,
    cancelled,
    unknown_kind,
    not_started, ///< given back as it was: keeps its attempt and its place
  };

  task_id task;
  fencing_token token;
  verdict end = verdict::succeeded;
  std::string output;
  std::string error;   ///< the error's name
  std::string message; ///< and its text
  bool is_final = false;
  duration snooze{0}; ///< 0: it was interrupted, and keeps its place
};

/// The ready tasks of one kind in one queue.
struct lane_summary {
  std::string queue;
  std::string kind;
  std::size_t waiting = 0;   ///< 0 while the queue is paused
  std::int32_t priority = 0; ///< of the task that goes next
  instant due{};             ///< of the task that goes next
  std::uint32_t weight = 1;  ///< of the queue
};

struct queue_summary {
  queue_settings settings;
  std::array<std::uint64_t, 8> counts{}; ///< by task_state
};

struct schedule_summary {
  schedule_spec spec;
  instant last_nominal{};
  instant next{};
  task_id last_task;
  std::uint64_t fired = 0;
  std::uint64_t skipped = 0;
};

/// Which tasks a page of them shows.
struct page_filter {
  std::vector<task_state> states; ///< empty: all
  std::string queue;              ///< empty: all
  std::string kind;               ///< empty: all
  std::optional<instant> due_from;
  std::optional<instant> due_to;
};

struct task_page {
  std::vector<task_info> tasks;
  std::uint64_t next_after = 0; ///< serial to go on from
  bool is_end = false;
};

/// Why a task is where it is, and since when.
struct state_explanation {
  std::string reason;
  std::string text;
  instant since{};
};

/// All that a shard knows of its tasks, and every decision about them.
///
/// A command decides, records the events in the sink, and applies them at once; what must happen
/// outside collects in `consequences` until the shard has seen the events durable. If that fails
/// the ledger must be thrown away and made anew by `replay`. Time comes by argument and never goes
/// back; chance comes from the seed.
///
/// Owned by one shard; not thread-safe. A command costs O(log n) at most in the waiting tasks.
class ledger {
public:
  ledger(ledger_options options, event_sink& sink, instant now);
  ledger(const ledger&) = delete;
  ledger& operator=(const ledger&) = delete;

  // --- recovery ---

  /// Applies an event read from a snapshot or the journal.
  void replay(event what);
  /// Ends recovery: sessions that had runs have one lease, from `now` on, to return.
  void finish_recovery(instant now);

  // --- clients ---

  /// Accepts what may be accepted of `specs`; the outcomes are in order. The same sequence again
  /// gives the outcomes of the first time; an older one gives nothing.
  std::optional<std::vector<submit_outcome>> submit(client_id client, std::uint64_t sequence,
                                                    std::vector<task_spec> specs, instant now);
  /// Whether that batch of the client was accepted; also true of the earlier ones.
  [[nodiscard]] bool is_duplicate_batch(client_id client, std::uint64_t sequence) const;
  /// Both may come twice: what is cancelled can be cancelled, and what was requeued and has not
  /// settled since can be requeued; the second time changes nothing.
  result<done> cancel(task_id id, instant now);
  result<done> requeue(task_id id, instant now);
  result<done> set_queue(const queue_settings& settings, instant now);
  result<done> put_schedule(const schedule_spec& spec, instant now);
  result<done> remove_schedule(const std::string& name);

  // --- workers ---

  /// Grants up to `count` ready tasks of the lane to `session`. Returns how many.
  std::size_t grant(session_id session, const std::string& queue, const std::string& kind,
                    std::size_t count, instant now);
  /// Takes over how a run ended. Returns whether its token was the live one.
  bool finish_run(const session_id& session, run_outcome outcome, instant now);
  void update_progress(task_id id, fencing_token token, std::string text);
  /// The grants of the session up to `last` leave for their worker: from now on they may have
  /// begun. Requires: `last` is live.
  void mark_sent(const granted_run& last);
  /// The grant of `run` never left: others may have the task, at no attempt's cost.
  void withdraw_grant(const granted_run& run, instant now);
  /// `session` is there and holds these runs; whatever else it was granted is lost on the way.
  void attach(session_id session, const std::vector<granted_run>& held, instant now);
  /// Revokes those of `held` that are not live any more, so that they end and free their slots.
  void revoke_stale(session_id session, const std::vector<granted_run>& held);
  /// `session` was heard of.
  void renew_lease(session_id session, instant now);

  // --- time ---

  /// The alarm that was set for `scheduled_at` rings at `now`. If it is late, this shard was
  /// stopped or its clock set; nobody could be heard of meanwhile, so all leases are longer by
  /// that, and the batches of clients are known for longer. To be called before `advance`. Returns
  /// by how much; 0 if it was on time.
  duration compensate_stall(instant scheduled_at, instant now);

  /// Does what is due by `now`, at most `limit` things. Returns how many it did.
  std::size_t advance(instant now, std::size_t limit);
  /// When `advance` must next be called; nothing: not before another command.
  [[nodiscard]] std::optional<instant> next_wakeup() const;

  // --- snapshots ---

  /// Begins a snapshot of all that is applied now: hands its head to `sink`, which must live until
  /// the snapshot is done. Of tasks that change before their page is handed over, an image is kept
  /// until then.
  void begin_snapshot(snapshot_sink& sink);
  /// Hands over up to `count` further pages that changed since the last snapshot. Returns whether
  /// the snapshot is done.
  bool continue_snapshot(std::size_t count);
  /// Gives a snapshot up; the next one hands over everything that this one has.
  void abort_snapshot();
  /// What a snapshot would write now: bytes, about.
  [[nodiscard]] std::size_t snapshot_bytes() const;
  /// How many images are kept for the snapshot under way.
  [[nodiscard]] std::size_t before_image_count() const { return before_image_count_; }
  /// The pages that existed when the snapshot began.
  [[nodiscard]] const std::vector<std::uint64_t>& snapshot_pages() const { return pages_; }

  // --- telling ---

  [[nodiscard]] effects take_effects() { return std::exchange(effects_, {}); }
  [[nodiscard]] const task_record* find(task_id id) const;
  [[nodiscard]] const task_rules& rules_of(const task_record& record) const {
    return rules_[record.rules];
  }
  /// Whether the attempt with `token` is the one that runs now.
  [[nodiscard]] bool is_live(task_id id, fencing_token token) const;
  [[nodiscard]] std::optional<task_info> describe(task_id id, bool with_payload) const;
  [[nodiscard]] const std::string& name(std::uint32_t index) const { return names_[index]; }
  [[nodiscard]] task_page list(const page_filter& filter, std::uint64_t after,
                               std::size_t limit) const;
  /// All lanes with ready tasks of queues that are not paused.
  [[nodiscard]] std::vector<lane_summary> lanes();
  /// The lanes that changed since the last call of this or of `lanes`.
  [[nodiscard]] std::vector<lane_summary> take_changed_lanes();
  [[nodiscard]] bool has_changed_lanes() const { return !changed_lanes_.empty(); }
  [[nodiscard]] std::vector<queue_summary> queues() const;
  /// Of a queue that nobody has used yet: the usual ones.
  [[nodiscard]] queue_settings settings_of(const std::string& queue) const;
  [[nodiscard]] std::vector<schedule_summary> schedules() const;
  [[nodiscard]] result<state_explanation> explain(task_id id, instant now) const;
  [[nodiscard]] std::size_t size() const { return tasks_.size(); }
  /// Those that time alone does not forget soon: all that are not settled, and the dead.
  [[nodiscard]] std::size_t held() const { return tasks_.size() - settled_count_; }

  /// Checks that every task is in exactly the indexes its state asks for and has a source of
  /// wake-up, and that counters equal what they count. Returns what is wrong; empty: nothing.
  [[nodiscard]] std::vector<std::string> audit() const;

private:
  struct lane_state {
    ready_lane tasks;
    bool is_changed = false; // Listed in changed_lanes_.
  };
  struct queue_state {
    queue_settings settings;
    std::array<std::uint64_t, 8> counts{};
    std::map<std::uint32_t, lane_state> lanes; // By kind.
  };
  using lane_name = std::pair<std::uint32_t, std::uint32_t>; // Queue and kind.
  struct session_state {
    session_id id;
    instant lease_expires_at{};
    std::vector<task_id> runs;
    instant wakes_at = instant_max; // Never.
    fencing_token last_sent;        // The latest; grants leave in the order of their tokens.
  };
  struct schedule_state {
    schedule_summary known;
    std::optional<cron_rule> rule;
    instant wakes_at = instant_max; // Never.
  };
  struct client_state {
    std::uint64_t sequence = 0;
    instant at{};
    std::vector<submit_outcome> outcomes;
  };
  struct key_state {
    task_id id;
    instant until{};
  };
  /// Of tasks that changed since, by serial, as a snapshot is to show them; nothing: not at all.
  using before_images = std::map<std::uint64_t, std::optional<task_restored>>;
  struct before_image_page {
    explicit before_image_page(bool is_clean) : was_clean(is_clean) {}
    bool was_clean; // Then it is not to be handed over.
    before_images images;
  };

  // Deciding.
  submit_outcome accept(task_spec spec, const std::string& schedule, instant now);
  void fail_run(task_record& record, const std::string& text, const std::string& error,
                bool is_crash, bool is_final, instant now);
  void expire_session(std::uint32_t index, instant now);
  void release_run(const task_record& record, instant now);
  [[nodiscard]] bool was_sent(const session_state& session, fencing_token token) const;
  void fire(schedule_state& schedule, instant now);
  void launch(schedule_state& schedule, instant nominal, instant now);
  [[nodiscard]] bool is_last_run_open(const schedule_state& schedule) const;
  void wake_schedule_of(const task_record& settled);
  bool may_launch(schedule_state& schedule, instant nominal, instant now);
  void wake(timer_key key, instant now);
  void wake_task(task_record& record, instant now);
  void wake_session(std::uint32_t index, instant now);
  void commit(event what, durability level);

  // Applying.
  void apply(task_submitted& what);
  void apply(task_started& what);
  void apply(task_succeeded& what);
  void apply(task_failed& what);
  void apply(task_snoozed& what);
  void apply(cancel_requested& what);
  void apply(task_cancelled& what);
  void apply(task_expired& what);
  void apply(task_requeued& what);
  void apply(batch_accepted& what);
  void apply(queue_settings& what);
  void apply(schedule_put& what);
  void apply(schedule_removed& what);
  void apply(schedule_fired& what);
  void apply(serials_reserved& what);
  void apply(task_restored& what);
  void apply(key_restored& what);
  void apply(schedule_restored& what);
  void apply(serial_restored& what);

  void take(task_record& record, step what, instant at);
  void arm(schedule_state& schedule, std::uint32_t index);
  static std::string key_name(const std::string& queue, const std::string& key);
  void add_to_indexes(task_record& record);
  void leave(task_record& record);
  // Of timers a record knows the instant alone.
  [[nodiscard]] bool is_timer_pending(timer_key key, instant due) const;
  [[nodiscard]] instant wakes_at(const task_record& record) const; // instant_max: never.
  void cancel_timer(instant at);
  void set_timer(session_state& session, std::uint32_t index);
  void set_timer(schedule_state& schedule, std::uint32_t index, instant at);
  void attach_run(task_record& record, session_id by);
  void set_payload(task_record& record, std::string_view bytes);
  void detach_run(task_record& record);
  void recall(std::uint32_t queue);
  void add_to_settled(task_record& record);
  void remove_task(task_record& record);
  void expire_deduplication(instant now);
  task_record* find_local(task_id id); // Null, too, if it is of another shard.
  task_record& known(task_id id);
  queue_state& queue_at(std::uint32_t index);
  std::uint32_t index_of(const std::string& name);
  std::uint32_t acquire_rules(task_spec& spec, durability level); // Leaves its retry policy empty.
  std::uint32_t session_index(session_id id);
  ready_lane& lane_for_update(const task_record& record);
  void mark_changed(lane_state& lane, lane_name name);
  [[nodiscard]] lane_summary summary_of(const queue_state& queue, lane_name name, lane_state& lane);
  void reserve_serials();
  void mark_dirty(std::uint64_t serial);
  void write_metadata();
  void save_before_image(std::uint64_t serial);
  [[nodiscard]] bool is_persistent(const task_record& record) const;
  void write_page(std::uint64_t page, const before_images& images);
  [[nodiscard]] task_restored image_of(const task_record& record) const;
  [[nodiscard]] bool is_valid(const ready_entry& entry) const;

  ledger_options options_;
  event_sink& sink_;
  prng random_;
  timing_wheel wheel_;
  task_table tasks_;
  rule_book rules_;
  std::uint64_t next_serial_ = 1;
  std::uint64_t reserved_ = 0; // Serials up to here may be given without being durable.
  std::uint64_t next_grant_ = 1;
  std::vector<std::string> names_;               // Of queues and kinds.
  std::map<std::string, std::uint32_t> indexes_; // Into names_.
  std::map<std::uint32_t, queue_state> queues_;  // By name index.
  std::vector<session_state> sessions_;          // 0 is none.
  std::map<session_id, std::uint32_t> session_indexes_;
  std::vector<std::uint32_t> free_sessions_;
  std::map<std::string, std::uint32_t> schedule_indexes_;
  std::map<std::uint32_t, schedule_state> schedules_;
  std::uint32_t next_schedule_ = 1;
  std::map<client_id, client_state> clients_;
  std::deque<std::pair<instant, client_id>> clients_by_age_;
  std::map<std::string, key_state> keys_;
  std::multimap<instant, std::string> key_expirations_;
  std::deque<task_id> settled_; // Oldest first; may name tasks that are gone.
  std::size_t settled_count_ = 0;
  std::size_t payload_bytes_ = 0; // Of all tasks.
  effects effects_;
  std::vector<lane_name> changed_lanes_;
  snapshot_sink* snapshot_ = nullptr; // Of the snapshot under way.
  std::vector<std::uint64_t> pages_;  // Of that snapshot.
  std::size_t next_page_ = 0;         // Index into pages_: those before are handed over.
  std::map<std::uint64_t, before_image_page>
      before_image_pages_;             // Pages that changed before their turn.
  std::size_t before_image_count_ = 0; // In those.
  std::vector<expired_timer> expired_;
  instant advanced_at_{}; // Last.
};

} // namespace belfry
