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
/// A job that takes longer is assumed to be blocked and not to use its processor.
constexpr std::chrono::microseconds long_after{200};

using time_point = std::chrono::steady_clock::time_point;

/// This many queued jobs wake a thread although more are announced.
constexpr std::size_t held_jobs_max = 32;

/// The most completions that are delivered together.
constexpr std::size_t completion_batch_max = 16;

struct job {
  run::facts facts;
  std::shared_ptr<run_control> control;
  executor::completion on_completed;
};

struct completed_job {
  executor::completion on_completed;
  run_result result;
};

} // namespace

class runner_pool::state : public std::enable_shared_from_this<state> {
public:
  explicit state(handler_registry handlers) : handlers_(std::move(handlers)) {}

  void start_threads(std::size_t count);
  void push(job added);
  void hold_batch(std::ptrdiff_t change);
  std::size_t abandon(const std::shared_ptr<run_control>& control);
  void shut_down();

private:
  /// The state of one thread; an element of `threads_` until the thread ends.
  struct pool_thread {
    std::shared_ptr<run_control> control; // Of its run; null: the thread is idle.
    time_point started_at{};              // When it took that run.
    bool is_abandoned = false;
    bool is_long = false;   // Counted in `long_`.
    bool is_called = false; // Woken to take a job.
    std::condition_variable wake;
  };

  void start_thread();
  void replace();
  void work(pool_thread& mine);
  bool next_job(std::unique_lock<std::mutex>& lock, pool_thread& mine, job& next);
  [[nodiscard]] bool finish_run(pool_thread& mine);
  [[nodiscard]] completed_job perform(job& taken, time_point now);
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
  std::vector<completed_job> completed_; // Not delivered yet.
  std::list<pool_thread> threads_;
  std::thread monitor_;
  std::vector<pool_thread*> sleeping_; // The last one slept least: its memory is still cached.
  std::ptrdiff_t held_batches_ = 0;    // Callers that announced more jobs.
  std::size_t long_ = 0;               // Threads with a long job.
  std::size_t abandoned_ = 0;          // Threads whose run is abandoned.
  std::size_t missing_threads_ = 0;    // Abandoned threads without a replacement.
  bool is_waking_ = false;             // A sleeping thread was notified and is not awake yet.
  bool is_monitoring_ = false;         // The monitor is awake.
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

void runner_pool::execute(run::facts facts, std::shared_ptr<run_control> control,
                          completion on_completed) {
  state_->push({std::move(facts), std::move(control), std::move(on_completed)});
}

std::shared_ptr<void> runner_pool::hold_batch() {
  state_->hold_batch(1);
  return {nullptr, [pool = state_](void*) { pool->hold_batch(-1); }};
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

void runner_pool::state::push(job added) {
  const std::lock_guard lock{mutex_};
  queue_.push_back(std::move(added));
  wake_one();
}

void runner_pool::state::hold_batch(std::ptrdiff_t change) {
  const std::lock_guard lock{mutex_};
  held_batches_ += change;
  wake_one();
}

std::size_t runner_pool::state::abandon(const std::shared_ptr<run_control>& control) {
  job never_started;
  std::size_t count = 0;
  {
    const std::lock_guard lock{mutex_};
    const auto has_control = [&](const auto& element) { return element.control == control; };
    const auto queued = std::find_if(queue_.begin(), queue_.end(), has_control);
    const auto running = std::find_if(threads_.begin(), threads_.end(), has_control);
    if (queued != queue_.end()) {
      never_started = std::move(*queued);
      queue_.erase(queued);
    } else if (running != threads_.end() && !std::exchange(running->is_abandoned, true)) {
      ++abandoned_;
      replace();
    }
    count = abandoned_;
  }
  if (never_started.on_completed)
    never_started.on_completed(run_result::not_started("threads", "no thread was free to run it"));
  return count;
}

void runner_pool::state::shut_down() {
  std::unique_lock lock{mutex_};
  is_shutting_down_ = true;
  const auto unstarted = std::exchange(queue_, {});
  for (auto& thread : threads_) {
    if (thread.control)
      thread.control->cancel();
    thread.wake.notify_one();
  }
  lock.unlock();
  monitor_wake_.notify_one();
  if (monitor_.joinable())
    monitor_.join();
  for (const auto& queued : unstarted)
    queued.on_completed(run_result::not_started({}, "its worker stops"));
  lock.lock();
  thread_ended_.wait_for(lock, shutdown_timeout, [this] { return threads_.size() == abandoned_; });
}

// --- its state: the threads ---

void runner_pool::state::start_thread() {
  auto& mine = threads_.emplace_back();
  try {
    // Detached, because a handler may never return and its thread could not be joined.
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
    ++missing_threads_; // Replaced when an abandoned run ends.
  }
}

[[gnu::no_sanitize("null")]] // A forced unwind is caught as a null reference.
void runner_pool::state::work(pool_thread& mine) {
  std::unique_lock lock{mutex_};
  const auto end = [&] {
    const auto is_mine = [&](const pool_thread& thread) { return &thread == &mine; };
    threads_.erase(std::find_if(threads_.begin(), threads_.end(), is_mine));
    thread_ended_.notify_all();
  };
  try {
    for (job current; next_job(lock, mine, current);) {
      lock.unlock();
      auto completed = perform(current, mine.started_at);
      current = {};
      lock.lock();
      completed_.push_back(std::move(completed));
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

/// Completions are delivered before a thread sleeps, and by the monitor: short jobs share one
/// delivery, and no completion waits for a long job.
bool runner_pool::state::next_job(std::unique_lock<std::mutex>& lock, pool_thread& mine,
                                  job& next) {
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
  next = std::move(queue_.front());
  queue_.pop_front();
  mine.control = next.control;
  mine.started_at = std::chrono::steady_clock::now();
  if (!completed_.empty())
    wake_monitor();
  wake_one();
  return true;
}

void runner_pool::state::sleep(std::unique_lock<std::mutex>& lock, pool_thread& mine) {
  sleeping_.push_back(&mine);
  mine.wake.wait(lock, [&] { return mine.is_called || is_shutting_down_; });
  if (std::exchange(mine.is_called, false))
    is_waking_ = false;
  else
    std::erase(sleeping_, &mine);
}

void runner_pool::state::deliver_completions(std::unique_lock<std::mutex>& lock) {
  auto ended = std::exchange(completed_, {});
  lock.unlock();
  for (auto& job : ended)
    job.on_completed(std::move(job.result));
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
runner_pool::state::perform(job& taken, time_point now) {
  const auto* handle = handlers_.find(taken.facts.kind);
  if (!handle)
    return {std::move(taken.on_completed),
            run_result::failed("unknown_kind", "no handler for " + taken.facts.kind)};
  if (!taken.control->begin(now.time_since_epoch()))
    return {std::move(taken.on_completed), too_late_to_start()};
  run current{std::move(taken.facts), *taken.control};
  run_result result;
  try {
    result = (*handle)(current);
  } catch (const abi::__forced_unwind&) {
    taken.on_completed(run_result::failed("thread_exit", "the handler ended its thread"));
    throw;
  } catch (const std::exception& thrown) {
    result = run_result::failed("exception", thrown.what());
  } catch (...) {
    result =
        run_result::failed("exception", "the handler threw an object that is not a std::exception");
  }
  return {std::move(taken.on_completed), std::move(result)};
}

/// Wakes one thread at a time, which wakes the next one if more jobs wait. While jobs are short no
/// more threads are woken than there are processors: they would only wait for each other.
void runner_pool::state::wake_one() {
  if (queue_.empty() || sleeping_.empty() || is_waking_)
    return;
  if (held_batches_ > 0 && queue_.size() < held_jobs_max)
    return;
  if (threads_.size() - sleeping_.size() - long_ >= processors_)
    return wake_monitor();
  is_waking_ = true;
  sleeping_.back()->is_called = true;
  sleeping_.back()->wake.notify_one();
  sleeping_.pop_back();
}

void runner_pool::state::wake_monitor() {
  if (!std::exchange(is_monitoring_, true))
    monitor_wake_.notify_one();
}

/// While jobs are queued, finds long ones and wakes threads in their place.
void runner_pool::state::run_monitor() {
  std::unique_lock lock{mutex_};
  while (!is_shutting_down_) {
    monitor_wake_.wait(lock, [this] { return is_monitoring_ || is_shutting_down_; });
    while ((!completed_.empty() || (!queue_.empty() && !sleeping_.empty())) && !is_shutting_down_) {
      lock.unlock();
      std::this_thread::sleep_for(long_after);
      lock.lock();
      deliver_completions(lock);
      find_long();
      wake_one();
    }
    is_monitoring_ = false; // Not before waiting: the first call may come before this thread runs.
  }
}

void runner_pool::state::find_long() {
  const auto before = std::chrono::steady_clock::now() - long_after;
  for (auto& thread : threads_) {
    if (!thread.control || thread.is_long || thread.started_at > before)
      continue;
    thread.is_long = true;
    ++long_;
  }
}

} // namespace belfry
