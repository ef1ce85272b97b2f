#include "os/handlers/runner_pool.hpp"

#include "os/process.hpp"

#include <cxxabi.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <list>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

namespace belfry {

namespace {

constexpr std::size_t abandoned_max = 1'000;
constexpr std::chrono::seconds shutdown_timeout{2};
/// A job that takes longer leaves its processor to others, for all that the pool knows.
constexpr std::chrono::microseconds long_after{200};

using time_point = std::chrono::steady_clock::time_point;

/// So many jobs are worth a wake though others are to come.
constexpr std::size_t held_jobs_max = 32;

/// So many ended jobs are told together at most.
constexpr std::size_t completion_batch_max = 16;

struct job {
  run::facts known;
  std::shared_ptr<run_control> control;
  executor::completion done;
};

struct completed_job {
  executor::completion done;
  run_result how;
};

} // namespace

class runner_pool::state : public std::enable_shared_from_this<state> {
public:
  explicit state(handler_registry handlers) : handlers_(std::move(handlers)) {}

  void start_threads(std::size_t count);
  void push(job one);
  void hold_batch(std::ptrdiff_t by);
  std::size_t abandon(const std::shared_ptr<run_control>& control);
  void shut_down();

private:
  /// What one thread is at. Lives in `seats_` until the thread ends.
  struct pool_thread {
    std::shared_ptr<run_control> control; // Of its run; empty: it has none.
    time_point since{};                   // When it took that.
    bool is_abandoned = false;
    bool is_long = false;   // Counted in `long_`.
    bool is_called = false; // While it sleeps: to take a job.
    std::condition_variable call;
  };

  void start_thread();
  void replace();
  void work(pool_thread& mine);
  bool next_job(std::unique_lock<std::mutex>& lock, pool_thread& mine, job& into);
  [[nodiscard]] bool finish_run(pool_thread& mine);
  [[nodiscard]] completed_job perform(job& one);
  void deliver_completions(std::unique_lock<std::mutex>& lock);
  void wake_monitor();
  void sleep(std::unique_lock<std::mutex>& lock, pool_thread& mine);
  void wake_one();
  void run_monitor();
  void find_long();

  const handler_registry handlers_;
  const std::size_t processors_ = processor_count();
  std::mutex mutex_; // Guards all below.
  std::condition_variable thread_ended_;
  std::condition_variable monitor_wake_;
  std::deque<job> queue_;
  std::vector<completed_job> completed_; // To be told.
  std::list<pool_thread> threads_;
  std::thread monitor_;
  std::vector<pool_thread*> sleeping_; // The last has slept least: its memory is still at hand.
  std::ptrdiff_t held_batches_ = 0;    // Callers that will push more.
  std::size_t long_ = 0;               // Threads that are at a long job.
  std::size_t abandoned_ = 0;          // Seats whose runs nobody waits for.
  std::size_t missing_threads_ = 0;    // Abandoned seats that have no replacement.
  bool is_waking_ = false;             // A sleeping thread was notified and has not come yet.
  bool is_looking_ = false;            // The lookout is awake.
  bool is_shutting_down_ = false;
};

// --- the pool ---

runner_pool::runner_pool(handler_registry handlers, std::size_t threads)
    : state_(std::make_shared<state>(std::move(handlers))) {
  state_->start_threads(threads);
}

runner_pool::~runner_pool() {
  state_->shut_down();
}

void runner_pool::execute(run::facts known, std::shared_ptr<run_control> control, completion done) {
  state_->push({std::move(known), std::move(control), std::move(done)});
}

std::shared_ptr<void> runner_pool::hold_batch() {
  state_->hold_batch(1);
  return {nullptr, [whose = state_](void*) { whose->hold_batch(-1); }};
}

std::size_t runner_pool::abandon(const std::shared_ptr<run_control>& control) {
  return state_->abandon(control);
}

// --- its state: called from outside ---

void runner_pool::state::start_threads(std::size_t count) {
  try {
    const std::lock_guard lock{mutex_};
    for (std::size_t n = 0; n < count; ++n)
      start_thread();
    monitor_ = std::thread([this] { run_monitor(); });
  } catch (const std::system_error&) {
    shut_down();
    throw;
  }
}

void runner_pool::state::push(job one) {
  const std::lock_guard lock{mutex_};
  queue_.push_back(std::move(one));
  wake_one();
}

void runner_pool::state::hold_batch(std::ptrdiff_t by) {
  const std::lock_guard lock{mutex_};
  held_batches_ += by;
  wake_one();
}

std::size_t runner_pool::state::abandon(const std::shared_ptr<run_control>& control) {
  job never_started;
  std::size_t count = 0;
  {
    const std::lock_guard lock{mutex_};
    const auto is_its = [&](const auto& one) { return one.control == control; };
    const auto queued = std::find_if(queue_.begin(), queue_.end(), is_its);
    const auto running = std::find_if(threads_.begin(), threads_.end(), is_its);
    if (queued != queue_.end()) {
      never_started = std::move(*queued);
      queue_.erase(queued);
    } else if (running != threads_.end() && !std::exchange(running->is_abandoned, true)) {
      ++abandoned_;
      replace();
    }
    count = abandoned_;
  }
  if (never_started.done)
    never_started.done(run_result::failed("abandoned", "no thread was free to run it"));
  return count;
}

void runner_pool::state::shut_down() {
  std::unique_lock lock{mutex_};
  is_shutting_down_ = true;
  const auto unstarted = std::exchange(queue_, {});
  for (auto& one : threads_) {
    if (one.control)
      one.control->cancel();
    one.call.notify_one();
  }
  lock.unlock();
  monitor_wake_.notify_one();
  if (monitor_.joinable())
    monitor_.join();
  for (const auto& one : unstarted)
    one.done(run_result::failed("abandoned", "its worker stops"));
  lock.lock();
  thread_ended_.wait_for(lock, shutdown_timeout, [this] { return threads_.size() == abandoned_; });
}

// --- its state: the threads ---

void runner_pool::state::start_thread() {
  auto& mine = threads_.emplace_back();
  try {
    // Left to itself: a handler may never return, and then nobody could wait for its thread.
    std::thread([self = shared_from_this(), &mine] { self->work(mine); }).detach();
  } catch (...) {
    threads_.pop_back();
    throw;
  }
}

void runner_pool::state::replace() {
  if (abandoned_ > abandoned_max) {
    ++missing_threads_;
    return;
  }
  try {
    start_thread();
  } catch (const std::system_error&) {
    ++missing_threads_; // Made good when an abandoned run ends.
  }
}

[[gnu::no_sanitize("null")]] // A forced unwind is caught as a reference to nothing.
void runner_pool::state::work(pool_thread& mine) {
  std::unique_lock lock{mutex_};
  const auto end = [&] {
    const auto is_mine = [&](const pool_thread& one) { return &one == &mine; };
    threads_.erase(std::find_if(threads_.begin(), threads_.end(), is_mine));
    thread_ended_.notify_all();
  };
  try {
    for (job one; next_job(lock, mine, one);) {
      lock.unlock();
      auto how = perform(one);
      one = {};
      lock.lock();
      completed_.push_back(std::move(how));
      if (!finish_run(mine))
        break;
    }
  } catch (const abi::__forced_unwind&) {
    // The handler ended its thread.
    lock.lock();
    if (finish_run(mine))
      replace();
    end();
    throw;
  }
  deliver_completions(lock);
  end();
}

/// What ended is told before a thread sleeps, and by the lookout: short jobs together, and none
/// waits for a long one.
bool runner_pool::state::next_job(std::unique_lock<std::mutex>& lock, pool_thread& mine,
                                  job& into) {
  if (completed_.size() >= completion_batch_max)
    deliver_completions(lock);
  while (queue_.empty()) {
    if (!completed_.empty()) {
      deliver_completions(lock);
      continue;
    }
    if (is_shutting_down_)
      return false;
    sleep(lock, mine);
  }
  into = std::move(queue_.front());
  queue_.pop_front();
  mine.control = into.control;
  mine.since = std::chrono::steady_clock::now();
  if (!completed_.empty())
    wake_monitor();
  wake_one();
  return true;
}

void runner_pool::state::sleep(std::unique_lock<std::mutex>& lock, pool_thread& mine) {
  sleeping_.push_back(&mine);
  mine.call.wait(lock, [&] { return mine.is_called || is_shutting_down_; });
  if (std::exchange(mine.is_called, false))
    is_waking_ = false;
  else
    std::erase(sleeping_, &mine);
}

void runner_pool::state::deliver_completions(std::unique_lock<std::mutex>& lock) {
  auto ended = std::exchange(completed_, {});
  lock.unlock();
  for (auto& one : ended)
    one.done(std::move(one.how));
  ended.clear();
  lock.lock();
}

bool runner_pool::state::finish_run(pool_thread& mine) {
  mine.control.reset();
  if (std::exchange(mine.is_long, false))
    --long_;
  if (!std::exchange(mine.is_abandoned, false))
    return true;
  --abandoned_;
  if (missing_threads_ == 0)
    return false;
  --missing_threads_;
  return true;
}

[[gnu::no_sanitize("null")]] // As above.
completed_job
runner_pool::state::perform(job& one) {
  const auto* what = handlers_.find(one.known.kind);
  if (!what)
    return {std::move(one.done),
            run_result::failed("unknown_kind", "no handler for " + one.known.kind)};
  run current{std::move(one.known), *one.control};
  run_result how;
  try {
    how = (*what)(current);
  } catch (const abi::__forced_unwind&) {
    one.done(run_result::failed("thread_exit", "the handler ended its thread"));
    throw;
  } catch (const std::exception& thrown) {
    how = run_result::failed("exception", thrown.what());
  } catch (...) {
    how = run_result::failed("exception", "what was thrown is no std::exception");
  }
  return {std::move(one.done), std::move(how)};
}

/// Wakes one thread at a time, which wakes the next when it finds more to do; and no more than
/// there are processors while jobs are short: those would only wait for each other.
void runner_pool::state::wake_one() {
  if (queue_.empty() || sleeping_.empty() || is_waking_)
    return;
  if (held_batches_ > 0 && queue_.size() < held_jobs_max)
    return;
  if (threads_.size() - sleeping_.size() - long_ >= processors_)
    return wake_monitor();
  is_waking_ = true;
  sleeping_.back()->is_called = true;
  sleeping_.back()->call.notify_one();
  sleeping_.pop_back();
}

void runner_pool::state::wake_monitor() {
  if (!std::exchange(is_looking_, true))
    monitor_wake_.notify_one();
}

/// The lookout: while jobs wait behind others, sees to it that long ones hold nobody up.
void runner_pool::state::run_monitor() {
  std::unique_lock lock{mutex_};
  while (!is_shutting_down_) {
    monitor_wake_.wait(lock, [this] { return is_looking_ || is_shutting_down_; });
    while ((!completed_.empty() || (!queue_.empty() && !sleeping_.empty())) && !is_shutting_down_) {
      lock.unlock();
      std::this_thread::sleep_for(long_after);
      lock.lock();
      deliver_completions(lock);
      find_long();
      wake_one();
    }
    is_looking_ = false; // Not before waiting: the first call may come before this thread does.
  }
}

void runner_pool::state::find_long() {
  const auto before = std::chrono::steady_clock::now() - long_after;
  for (auto& one : threads_) {
    if (!one.control || one.is_long || one.since > before)
      continue;
    one.is_long = true;
    ++long_;
  }
}

} // namespace belfry
