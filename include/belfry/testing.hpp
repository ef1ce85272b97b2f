#pragma once

#include "belfry/handler.hpp"
#include "belfry/ids.hpp"
#include "belfry/result.hpp"
#include "belfry/task.hpp"
#include "belfry/time.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

/// For tests of your own handlers: link `belfry::testing`.
namespace belfry::testing {

struct cluster_options {
  std::uint64_t seed = 1;    ///< of all random numbers: the same seed gives the same run
  std::uint32_t workers = 2; ///< worker processes, each with the same handlers
  std::uint32_t slots = 2;   ///< of each worker
  std::uint16_t shards = 2;
  /// The time at the start: 2030-01-01 00:00 UTC.
  instant begin = instant_of_ms(1'893'456'000'000);
};

/// Where a worker crashes.
enum class crash_point : std::uint8_t {
  before_handler, ///< it has the run, and the handler was not called
  after_handler,  ///< the handler has returned, and the outcome is lost
};

/// One run of a handler.
struct observed_run {
  enum class ending : std::uint8_t {
    running,
    succeeded,
    failed,
    snoozed,
    interrupted, ///< it was asked to end, or abandoned
    crashed      ///< its worker crashed
  };

  task_id task{};
  fencing_token token{};
  std::uint32_t attempt = 0;
  std::string worker{};
  instant started_at{};
  ending outcome = ending::running;
};

/// A belfry cluster in this thread and in virtual time: the production node, workers that run your
/// handlers, and a client, with ways to break them. Three days pass in a moment, and the same seed
/// gives the same run.
///
/// Handlers run one at a time, while the test waits in one of the calls below. A handler that waits
/// with `run::wait_for` or `run::wait_for_stop` waits in virtual time; it must not block in any
/// other way, ask the system for the time (`now` tells it), or call this class, `now` and
/// `submit_later` excepted. When its worker dies while it waits, the wait throws an object that is
/// not a `std::exception`, so that the handler ends there.
///
/// One at a time in a process; not thread-safe. Calls that need an answer let time pass until it is
/// there, 60 seconds at most; then they fail with `errc::timed_out`.
class cluster {
public:
  explicit cluster(handler_registry handlers, cluster_options options = {});
  ~cluster();
  cluster(const cluster&) = delete;
  cluster& operator=(const cluster&) = delete;

  // --- requests of a client ---

  /// If its key names a task already, returns that task.
  result<task_id> submit(task_spec task);
  /// Returns at once; for handlers, too.
  void submit_later(task_spec task);
  result<task_info> get(task_id id);
  result<done> cancel(task_id id);
  result<done> put_schedule(schedule_spec schedule);

  // --- time ---

  [[nodiscard]] instant now() const;
  /// Lets `span` pass.
  void advance(duration span);
  /// Lets time pass until every task that was submitted is settled. Returns whether they are,
  /// after `timeout` at the latest. Tasks of schedules do not count.
  bool settle(duration timeout = std::chrono::hours{24});

  // --- handlers ---

  /// Each run of this kind takes `span` from now on. Its handler is called at the beginning or at
  /// the end of that, at random; the time that it waits itself is added. 10 ms by default.
  void set_run_duration(const std::string& kind, duration span);
  /// All runs so far, in the order they began; or those of one task.
  [[nodiscard]] std::vector<observed_run> runs() const;
  [[nodiscard]] std::vector<observed_run> runs(task_id id) const;

  // --- faults ---

  /// The worker that takes the next run of this kind dies there, and comes back a second later.
  void crash_next(const std::string& kind, crash_point where);
  /// The outcome of the next run of this kind is delayed by this.
  void delay_result(const std::string& kind, duration by);
  /// Kills a worker's process, with whatever it runs; it comes back after `pause`.
  void crash_worker(std::uint32_t index, duration pause = std::chrono::seconds{1});
  /// Tells a worker to stop, as SIGTERM does: its handlers have `grace` to end, see
  /// `run::stopping`. Its process comes back `pause` after its end. No effect while it is down.
  void stop_worker(std::uint32_t index, duration grace = std::chrono::seconds{10},
                   duration pause = std::chrono::seconds{1});
  /// Stops a worker's process, as SIGSTOP does; it goes on after `span`.
  void freeze_worker(std::uint32_t index, duration span);
  /// Neither the node nor the worker receives messages of the other for this long.
  void cut_off_worker(std::uint32_t index, duration span);
  /// Cuts the power of the node: what it had not synced is lost. It comes back after `pause`.
  void crash_node(duration pause = std::chrono::seconds{1});
  void freeze_node(duration span);
  /// Injects random faults for `span`: workers and the node crash and freeze, connections
  /// break and get slow, disks fail. Then everything is repaired. Returns after that.
  void inject_faults(duration span);

  // --- results ---

  /// The promises of belfry that were broken so far: there should be none.
  [[nodiscard]] std::vector<std::string> violations() const;
  /// The latest events, one per line, to print when a test fails.
  [[nodiscard]] std::string recent_events() const;
  /// A hash of all events: equal runs have equal fingerprints.
  [[nodiscard]] std::uint64_t fingerprint() const;

private:
  class implementation;
  std::unique_ptr<implementation> implementation_;
};

} // namespace belfry::testing
