#pragma once

#include "belfry/ids.hpp"
#include "belfry/result.hpp"
#include "belfry/time.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace belfry {

/// State shared by a running handler and its executor. May be used from any thread.
class run_control {
public:
  using monotonic_time = std::chrono::nanoseconds; ///< of a clock that nobody sets

  /// Asks the handler to end. Belfry waits for the grace and no longer.
  void cancel();

  /// Whether the run is cancelled; this tells the handler.
  [[nodiscard]] bool is_cancelled() const;

  /// Whether `is_cancelled` or `wait_for` has told the handler of the cancel.
  [[nodiscard]] bool has_observed_cancel() const { return has_observed_cancel_; }

  /// Waits for `span`, or until the run is cancelled. Returns whether it was cancelled.
  [[nodiscard]] bool wait_for(duration span) const;

  /// For a worker, before it hands the run over: the handler must not be called after `latest`.
  void set_start_limit(monotonic_time latest) { start_limit_ = latest; }
  /// For an executor that is about to call the handler. Returns false after the start limit: then
  /// the handler must not be called, and the run completes as not started.
  [[nodiscard]] bool begin(monotonic_time now);
  /// Whether `begin` has returned true.
  [[nodiscard]] bool has_begun() const { return has_begun_; }

  /// Calls `wake` when the run is cancelled, at once if it is already. An empty function
  /// undoes that: once this has returned, no call is running and none comes. There is one at a
  /// time.
  ///
  /// Requires: `wake` does not call this object.
  void on_cancel(std::function<void()> wake);

  /// For an executor in virtual time, before the handler starts: `wait_for` calls `wait`, which
  /// returns when the span is over or after `cancel` has called `wake`.
  void set_waiter(std::function<void(duration)> wait, std::function<void()> wake);

  void set_progress(std::string text);
  [[nodiscard]] std::string progress() const;

private:
  mutable std::mutex mutex_;
  mutable std::condition_variable cancelled_;
  std::function<void()> wake_;
  std::function<void(duration)> waiter_; // Empty: by the system's clock.
  std::function<void()> wake_waiter_;
  std::string progress_;
  monotonic_time start_limit_ = monotonic_time::max();
  std::atomic<bool> has_begun_ = false;
  std::atomic<bool> is_cancelled_ = false;
  mutable std::atomic<bool> has_observed_cancel_ = false;
};

/// How a handler ended.
struct run_result {
  enum class verdict : std::uint8_t { succeeded, failed, snoozed, not_started };

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
  };

  run(facts known, run_control& control) : facts_(std::move(known)), control_(control) {}

  [[nodiscard]] task_id task() const { return facts_.task; }
  /// Grows from attempt to attempt. Hand it to the systems you write to, and have them refuse a
  /// smaller one than they have seen: an attempt that has lost its lease may still be running.
  [[nodiscard]] fencing_token token() const { return facts_.token; }
  [[nodiscard]] std::uint32_t attempt() const { return facts_.attempt; }
  [[nodiscard]] const std::string& kind() const { return facts_.kind; }
  [[nodiscard]] const std::string& payload() const { return facts_.payload; }
  [[nodiscard]] duration timeout() const { return facts_.timeout; }

  /// Whether the run should end: cancelled by a user, timed out, or its worker stops.
  [[nodiscard]] bool cancelled() const { return control_.is_cancelled(); }
  /// Sleeps, but not beyond a cancel. Returns whether the run is cancelled.
  [[nodiscard]] bool wait_for(duration span) const { return control_.wait_for(span); }
  /// Calls `wake` from another thread when the run is cancelled, for a handler that waits in its
  /// own way. See `run_control::on_cancel`; undo it with an empty function before the objects that
  /// `wake` uses are destroyed.
  void on_cancel(std::function<void()> wake) { control_.on_cancel(std::move(wake)); }
  /// Reports progress. Cheap; only the latest text is sent, a few times per lease.
  void heartbeat(std::string progress) { control_.set_progress(std::move(progress)); }

private:
  facts facts_;
  run_control& control_;
};

/// The function of a user for one kind of task. May block: it runs on the thread of its slot, never
/// on one of the actor scheduler. A throw is a failure named `exception`.
///
/// The outcome of a run that was asked to end depends on the reason. A failure is named `timeout`
/// after the time limit; after a user's cancel the task is cancelled; when the worker stops, the
/// attempt is given back. A success counts only if the handler never saw `cancelled()` return true:
/// the result does not tell whether a handler finished its work or broke it off.
using handler = std::function<run_result(run&)>;

/// Which kinds of task a worker can run.
class handler_registry {
public:
  /// Adds or replaces the handler of `kind`. Returns the registry, for chaining.
  handler_registry& on(std::string kind, handler handle);

  /// The handler of `kind`, or null.
  [[nodiscard]] const handler* find(const std::string& kind) const;
  [[nodiscard]] std::vector<std::string> kinds() const;

private:
  std::map<std::string, handler> handlers_;
};

} // namespace belfry
