#pragma once

#include "belfry/ids.hpp"
#include "belfry/options.hpp"
#include "belfry/result.hpp"
#include "belfry/time.hpp"

#include <atomic>
#include <chrono>
#include <concepts>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace belfry {

/// The name of the failure of a run that would save more progress than it may. It counts even if
/// the run was interrupted: otherwise the task would start from its old progress for ever.
inline constexpr const char* progress_too_large = "progress_too_large";

/// Where the task of a run comes from.
struct run_origin {
  std::string queue = "default";
  std::string key{};                      ///< idempotency key; empty: none
  std::string schedule{};                 ///< the schedule that submitted the task; empty: none did
  std::optional<instant> scheduled_for{}; ///< which of its times; nothing: none, or not known
};

/// State shared by a running handler and its executor. May be used from any thread.
class run_control {
public:
  using monotonic_time = std::chrono::nanoseconds; ///< of a clock that nobody sets

  /// Tells the handler that its worker stops. The run may go on until it is cancelled.
  void set_stopping();

  /// Whether `set_stopping` was called.
  [[nodiscard]] bool is_stopping() const { return is_stopping_; }

  /// Asks the handler to end. Belfry waits for the grace and no longer.
  void cancel();

  /// Whether the run is cancelled; this tells the handler.
  [[nodiscard]] bool is_cancelled() const;

  /// Whether `is_cancelled` or `wait_for` has told the handler of the cancel.
  [[nodiscard]] bool has_observed_cancel() const { return has_observed_cancel_; }

  /// Waits for `span`, or until the run is cancelled. Returns whether it was cancelled.
  [[nodiscard]] bool wait_for(duration span) const;

  /// Waits for `span`, or until the worker stops or the run is cancelled. Returns whether one of
  /// both is so.
  [[nodiscard]] bool wait_for_stop(duration span) const;

  /// For a worker, before it hands the run over: the handler must not be called after `latest`.
  void set_start_limit(monotonic_time latest) { start_limit_ = latest; }
  /// For an executor that is about to call the handler, at `now` of the clock of the start limit:
  /// the run counts as begun from then on. Returns false after the start limit: then the handler
  /// must not be called, and the run completes as not started.
  [[nodiscard]] bool begin(monotonic_time now);
  /// When `begin` has returned true; nothing: not yet.
  [[nodiscard]] std::optional<monotonic_time> began_at() const;

  /// Calls `wake` when the run is cancelled, at once if it is already. An empty function
  /// undoes that: once this has returned, no call is running and none comes. There is one at a
  /// time, of this or of `on_stop`.
  ///
  /// Requires: `wake` does not call this object.
  void on_cancel(std::function<void()> wake);

  /// The same, and calls `wake` when the worker stops, too: it may be called twice.
  void on_stop(std::function<void()> wake);

  /// For an executor in virtual time, before the handler starts: `wait_for` and `wait_for_stop`
  /// call `wait`, which returns when the span is over or after `wake` was called: by `cancel`, and
  /// by `set_stopping` if the handler waits for that.
  void set_waiter(std::function<void(duration)> wait, std::function<void()> wake);

  void set_progress(std::string text);
  [[nodiscard]] std::string progress() const;

  /// See `run::save_progress`.
  result<done> save_progress(std::string progress);
  /// What was saved last; nothing if nothing was. Costs no lock then.
  [[nodiscard]] std::optional<std::string> saved_progress() const;

  /// For the executor or a test, before the handler starts.
  void set_previous_progress(std::string progress) { previous_progress_ = std::move(progress); }
  /// See `run::previous_progress`.
  [[nodiscard]] const std::string& previous_progress() const { return previous_progress_; }

  /// For the executor or a test, before the handler starts.
  void set_origin(run_origin origin) {
    origin_ = std::make_unique<const run_origin>(std::move(origin));
  }
  /// What was set; else the queue `default`, and nothing more.
  [[nodiscard]] const run_origin& origin() const;

  /// For a worker or a test, before the handler starts: the time limit is over at `at`.
  void set_deadline(monotonic_time at) { deadline_ = at; }
  [[nodiscard]] std::optional<monotonic_time> deadline() const;
  /// For an executor in virtual time, before the handler starts: `time_left` asks `clock`.
  void set_clock(std::function<monotonic_time()> clock) { clock_ = std::move(clock); }
  /// See `run::time_left`.
  [[nodiscard]] std::optional<duration> time_left() const;

private:
  /// `is_cancel`: whether `flag` is that of a cancel, which everybody waits for.
  void raise(std::atomic<bool>& flag, bool is_cancel);
  void wait(duration span, bool for_stop) const;
  void set_wake(std::function<void()> wake, bool wakes_on_stopping);
  [[nodiscard]] bool must_end(bool on_stopping) const {
    return is_cancelled_ || (on_stopping && is_stopping_);
  }

  static constexpr auto not_begun = monotonic_time::min().count();

  mutable std::mutex mutex_;
  mutable std::condition_variable stopped_; // Cancelled, or the worker stops.
  std::function<void()> wake_;
  std::function<void(duration)> waiter_; // Empty: by the system's clock.
  std::function<void()> wake_waiter_;
  std::string progress_;
  std::string saved_progress_;
  std::string previous_progress_; // Unchanged once the handler has started; so are the next three.
  std::unique_ptr<const run_origin> origin_; // Null: the usual one.
  monotonic_time deadline_ = monotonic_time::max();
  std::function<monotonic_time()> clock_; // Empty: the system's steady one.
  std::atomic<bool> has_saved_progress_ = false;
  std::atomic<bool> is_stopping_ = false;
  monotonic_time start_limit_ = monotonic_time::max();
  std::atomic<monotonic_time::rep> began_at_ = not_begun;
  std::atomic<bool> is_cancelled_ = false;
  bool wakes_on_stopping_ = false;                   // `wake_` is of `on_stop`.
  mutable std::atomic<bool> waits_for_stop_ = false; // In `waiter_`.
  mutable std::atomic<bool> has_observed_cancel_ = false;
};

/// How a handler ended.
struct run_result {
  enum class verdict : std::uint8_t { succeeded, failed, snoozed, not_started, interrupted };

  verdict end = verdict::succeeded;
  std::string output{};  ///< of a success; kept for the task's retention
  std::string error{};   ///< of a failure: its name, which retry rules refer to; of a run that has
                         ///< not started: the resource that the worker lacks, in a word
  std::string message{}; ///< of a failure, or of a run that has not started: a sentence for people
  bool is_final = false; ///< of a failure: it must not be retried
  duration snooze{0};    ///< run again after this, at no attempt's cost; at most the horizon

  static run_result success(std::string output = {});
  /// A failure that the task's retry policy decides about.
  static run_result failed(std::string error, std::string message);
  /// A failure that must not be retried.
  static run_result failed_permanently(std::string error, std::string message);
  static run_result snoozed_for(duration span);
  /// The run did nothing, because this machine or process lacks `resource` ("descriptors",
  /// "memory"): a shortage of the worker, not a failure of the task. The task keeps its attempt and
  /// its place in the queue, and the worker runs fewer tasks at once for a while. Not for what the
  /// task itself lacks: the task would come back for ever.
  static run_result not_started(std::string resource, std::string reason);
  /// The run breaks off because its worker stops: the task keeps its attempt and its place in the
  /// queue, and runs again from its saved progress. If the worker does not stop, this is a snooze
  /// for no time.
  static run_result interrupted();
};

/// One run of one task, as its handler sees it.
class run {
public:
  struct facts {
    task_id task{};
    fencing_token token{};
    std::uint32_t attempt = 1;
    std::string kind{};
    std::string payload{};
    duration timeout{0}; ///< of this attempt; 0: none
    bool is_last_attempt = false;
  };

  run(facts known, run_control& control) : facts_(std::move(known)), control_(control) {}

  [[nodiscard]] task_id task() const { return facts_.task; }
  /// Grows from attempt to attempt. Hand it to the systems you write to, and have them refuse a
  /// smaller one than they have seen: an attempt that has lost its lease may still be running.
  [[nodiscard]] fencing_token token() const { return facts_.token; }
  [[nodiscard]] std::uint32_t attempt() const { return facts_.attempt; }
  /// Whether the task is dead if this attempt fails: its retry policy allows no more. False if the
  /// task's node is of an earlier version, which does not say.
  [[nodiscard]] bool is_last_attempt() const { return facts_.is_last_attempt; }
  [[nodiscard]] const std::string& kind() const { return facts_.kind; }
  [[nodiscard]] const std::string& payload() const { return facts_.payload; }
  /// Where the task comes from. A node of an earlier version does not say: then the queue is
  /// `default`, and there is neither key nor schedule.
  [[nodiscard]] const std::string& queue() const { return control_.origin().queue; }
  /// The idempotency key; empty: none.
  [[nodiscard]] const std::string& key() const { return control_.origin().key; }
  /// The name of the schedule that submitted the task; empty: none did.
  [[nodiscard]] const std::string& schedule() const { return control_.origin().schedule; }

  /// Which time of its schedule the task stands for: an instant that the cron line names, or the
  /// boot of a machine (`@reboot`), however late and how often the task runs. Nothing: no schedule
  /// submitted it, or its node is of an earlier version.
  [[nodiscard]] std::optional<instant> scheduled_for() const {
    return control_.origin().scheduled_for;
  }

  [[nodiscard]] duration timeout() const { return facts_.timeout; }
  /// When the time limit of this attempt is over and the run is cancelled; nothing: it has none. In
  /// the virtual time of `belfry::testing`, only `time_left` is of use.
  [[nodiscard]] std::optional<std::chrono::steady_clock::time_point> deadline() const {
    const auto at = control_.deadline();
    return at ? std::optional{std::chrono::steady_clock::time_point{*at}} : std::nullopt;
  }
  /// How much of the time limit is left, at least 0; nothing: there is none.
  [[nodiscard]] std::optional<duration> time_left() const { return control_.time_left(); }

  /// Whether the worker stops: true from the start of its grace. Until the end of the grace the
  /// run may finish its work, or save its progress and return `run_result::interrupted()`; then it
  /// is cancelled.
  [[nodiscard]] bool stopping() const { return control_.is_stopping(); }
  /// Sleeps, but not beyond a stop of the worker or a cancel. Returns whether one of both is so.
  [[nodiscard]] bool wait_for_stop(duration span) const { return control_.wait_for_stop(span); }
  /// Whether the run should end now: cancelled by a user, timed out, or its worker's grace is over.
  [[nodiscard]] bool cancelled() const { return control_.is_cancelled(); }
  /// Sleeps, but not beyond a cancel. Returns whether the run is cancelled.
  [[nodiscard]] bool wait_for(duration span) const { return control_.wait_for(span); }
  /// Calls `wake` from another thread when the run is cancelled, for a handler that waits in its
  /// own way. See `run_control::on_cancel`; undo it with an empty function before the objects that
  /// `wake` uses are destroyed.
  void on_cancel(std::function<void()> wake) { control_.on_cancel(std::move(wake)); }
  /// In place of `on_cancel`: calls `wake` when the worker stops, and again when the run is
  /// cancelled.
  void on_stop(std::function<void()> wake) { control_.on_stop(std::move(wake)); }
  /// Reports progress to people. Cheap; only the latest text is sent, a few times per lease.
  void heartbeat(std::string progress) { control_.set_progress(std::move(progress)); }

  /// Saves up to `saved_progress_bytes_max` opaque bytes for the next attempt of this task, in
  /// place of what was saved before; an empty text discards that. They are stored with the outcome
  /// when this attempt ends in a failure, a snooze or an interruption, so an attempt that ends with
  /// its worker's process leaves what earlier ones saved. A success, a cancel and a task that
  /// expires discard them; a dead task keeps them for a requeue.
  ///
  /// Returns `errc::too_large` for more bytes: then what was saved before stays.
  result<done> save_progress(std::string progress) {
    return control_.save_progress(std::move(progress));
  }
  /// What earlier attempts of this task saved last; empty if nothing.
  [[nodiscard]] const std::string& previous_progress() const {
    return control_.previous_progress();
  }

private:
  facts facts_;
  run_control& control_;
};

/// The function of a user for one kind of task. May block: it runs on the thread of its slot, never
/// on one of the actor scheduler. A throw is a failure named `exception`.
///
/// The outcome of a run that was cancelled depends on the reason. A failure is named `timeout`
/// after the time limit; after a user's cancel the task is cancelled; when the grace of a stopping
/// worker is over, the attempt is given back. A success counts only if the handler never saw
/// `cancelled()` return true: the result does not tell whether a handler finished its work or broke
/// it off. Until then every result counts, also while the worker stops.
using handler = std::function<run_result(run&)>;

/// A function around the handlers of all kinds: it may measure or log a run, replace its result, or
/// refuse it by returning without a call of `next`, which is the next hook or the handler itself.
/// `next` returns a failure named `exception` if the handler throws a `std::exception`.
///
/// It runs on the thread of the handler, several runs at once. It must pass `current` on as it is,
/// and call `next` once at most.
using handler_hook = std::function<run_result(run& current, const handler& next)>;

namespace internal {

inline run_result run_result_of(run_result ended) {
  return ended;
}
inline run_result run_result_of(std::string output) {
  return run_result::success(std::move(output));
}
inline run_result run_result_of(done) {
  return run_result::success();
}
template <class Value>
run_result run_result_of(result<Value> answer) {
  if (!answer)
    return run_result::failed(std::string{to_string(answer.error().code)}, answer.error().what);
  return run_result_of(std::move(*answer));
}

template <class Answer>
concept handler_answer = std::is_void_v<Answer> || requires(Answer answer) {
  run_result_of(std::move(answer));
};

/// Calls `function`, and turns what it returns into the result of the run.
template <class Function>
run_result call_handler(Function& function, run& current) {
  using answer = std::invoke_result_t<Function&, run&>;
  static_assert(handler_answer<answer>,
                "a handler returns void, a text, a run_result, or a result of one of these");
  if constexpr (std::is_void_v<answer>) {
    function(current);
    return run_result::success();
  } else {
    return run_result_of(function(current));
  }
}

/// A handler that calls `function`; one that cannot be copied is shared by the copies.
template <class Function>
handler handler_of(Function function) {
  if constexpr (!std::is_copy_constructible_v<Function>) {
    return [shared = std::make_shared<Function>(std::move(function))](run& current) {
      return call_handler(*shared, current);
    };
  } else if constexpr (std::is_same_v<std::invoke_result_t<Function&, run&>, run_result>) {
    return function;
  } else {
    return [function = std::move(function)](run& current) mutable {
      return call_handler(function, current);
    };
  }
}

} // namespace internal

/// Which kinds of task a worker can run.
class handler_registry {
public:
  /// Adds or replaces the handler of `kind`. Returns the registry, for chaining.
  handler_registry& on(std::string kind, handler handle);

  /// The same with a function that cannot be copied, or does not return a `run_result`:
  ///   - nothing, or `result<done>`: a success without output;
  ///   - `std::string`, or `result<std::string>`: a success with this output.
  ///
  /// The failure of a `result` is one of the run, named as its code is: a retry rule may refer to
  /// `invalid_argument`, for example. Retries are up to the task's policy.
  template <std::invocable<run&> Function>
  handler_registry& on(std::string kind, Function function) {
    return on(std::move(kind), internal::handler_of(std::move(function)));
  }

  /// The same for a kind with typed payloads and outputs, a `task_type` of <belfry/task_type.hpp>.
  template <class Type, class Function>
  requires requires(const Type& type, Function typed) { type.handler_of(std::move(typed)); }
  handler_registry& on(const Type& type, Function function) {
    return on(type.kind(), type.handler_of(std::move(function)));
  }

  /// Calls `hook` around the handler of every kind, those added later and `exec` included; not
  /// around kinds that are actors. The hook that was added first is called first. Returns the
  /// registry, for chaining.
  handler_registry& around(handler_hook hook);

  /// The handler of `kind`, with the hooks around it; or null.
  [[nodiscard]] const handler* find(const std::string& kind) const;
  [[nodiscard]] std::vector<std::string> kinds() const;

private:
  struct entry {
    handler plain;
    handler hooked; // With the hooks around it; empty: there are none.
  };

  [[nodiscard]] handler with_hooks(const handler& plain) const;

  std::map<std::string, entry> handlers_;
  std::vector<std::shared_ptr<const handler_hook>> hooks_; // The outermost first.
};

} // namespace belfry
