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
constexpr std::chrono::seconds leave_patience{2};
/// A job that takes longer leaves its processor to others, for all that the pool knows.
constexpr std::chrono::microseconds long_after{200};

using time_point = std::chrono::steady_clock::time_point;

/// So many jobs are worth a wake though others are to come.
constexpr std::size_t gathered_max = 32;

/// So many ended jobs are told together at most.
constexpr std::size_t told_together_max = 16;

struct job {
  run::facts known;
  std::shared_ptr<run_control> control;
  executor::completion done;
};

struct ended_job {
  executor::completion done;
  run_result how;
};

} // namespace

class runner_pool::state : public std::enable_shared_from_this<state> {
public:
  explicit state(handler_registry handlers) : handlers_(std::move(handlers)) {}

  void start_threads(std::size_t count);
  void push(job one);
  void gather(std::ptrdiff_t by);
  std::size_t abandon(const std::shared_ptr<run_control>& control);
  void leave();

private:
  /// What one thread is at. Lives in `seats_` until the thread ends.
  struct seat {
    std::shared_ptr<run_control> control; // Of its run; empty: it has none.
    time_point since{};                   // When it took that.
    bool is_abandoned = false;
    bool is_long = false;   // Counted in `long_`.
    bool is_called = false; // While it sleeps: to take a job.
    std::condition_variable call;
  };

  void start_thread();
  void replace();
  void work(seat& mine);
  bool take(std::unique_lock<std::mutex>& lock, seat& mine, job& into);
  [[nodiscard]] bool stays(seat& mine);
  [[nodiscard]] ended_job perform(job& one);
  void tell(std::unique_lock<std::mutex>& lock);
  void wake_lookout();
  void sleep(std::unique_lock<std::mutex>& lock, seat& mine);
  void wake_one();
  void look_out();
  void find_long();

  const handler_registry handlers_;
  const std::size_t processors_ = processor_count();
  std::mutex mutex_; // Guards all below.
  std::condition_variable left_;
  std::condition_variable held_up_;
  std::deque<job> queue_;
  std::vector<ended_job> ended_; // To be told.
  std::list<seat> seats_;
  std::thread lookout_;
  std::vector<seat*> sleeping_;  // The last has slept least: its memory is still at hand.
  std::ptrdiff_t gathering_ = 0; // Callers that will push more.
  std::size_t long_ = 0;         // Threads that are at a long job.
  std::size_t abandoned_ = 0;    // Seats whose runs nobody waits for.
  std::size_t missing_ = 0;      // Abandoned seats that have no replacement.
  bool is_waking_ = false;       // A sleeping thread was notified and has not come yet.
  bool is_looking_ = false;      // The lookout is awake.
  bool is_leaving_ = false;
};

// --- the pool ---

runner_pool::runner_pool(handler_registry handlers, std::size_t threads)
    : state_(std::make_shared<state>(std::move(handlers))) {
  state_->start_threads(threads);
}

runner_pool::~runner_pool() {
  state_->leave();
}

void runner_pool::execute(run::facts known, std::shared_ptr<run_control> control, completion done) {
  state_->push({std::move(known), std::move(control), std::move(done)});
}

std::shared_ptr<void> runner_pool::gather() {
  state_->gather(1);
  return {nullptr, [whose = state_](void*) { whose->gather(-1); }};
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
    lookout_ = std::thread([this] { look_out(); });
  } catch (const std::system_error&) {
    leave();
    throw;
  }
}

void runner_pool::state::push(job one) {
  const std::lock_guard lock{mutex_};
  queue_.push_back(std::move(one));
  wake_one();
}

void runner_pool::state::gather(std::ptrdiff_t by) {
  const std::lock_guard lock{mutex_};
  gathering_ += by;
  wake_one();
}

std::size_t runner_pool::state::abandon(const std::shared_ptr<run_control>& control) {
  job never_started;
  std::size_t count = 0;
  {
    const std::lock_guard lock{mutex_};
    const auto is_its = [&](const auto& one) { return one.control == control; };
    const auto queued = std::find_if(queue_.begin(), queue_.end(), is_its);
    const auto running = std::find_if(seats_.begin(), seats_.end(), is_its);
    if (queued != queue_.end()) {
      never_started = std::move(*queued);
      queue_.erase(queued);
    } else if (running != seats_.end() && !std::exchange(running->is_abandoned, true)) {
      ++abandoned_;
      replace();
    }
    count = abandoned_;
  }
  if (never_started.done)
    never_started.done(run_result::failed("abandoned", "no thread was free to run it"));
  return count;
}

void runner_pool::state::leave() {
  std::unique_lock lock{mutex_};
  is_leaving_ = true;
  const auto unstarted = std::exchange(queue_, {});
  for (auto& one : seats_) {
    if (one.control)
      one.control->cancel();
    one.call.notify_one();
  }
  lock.unlock();
  held_up_.notify_one();
  if (lookout_.joinable())
    lookout_.join();
  for (const auto& one : unstarted)
    one.done(run_result::failed("abandoned", "its worker stops"));
  lock.lock();
  left_.wait_for(lock, leave_patience, [this] { return seats_.size() == abandoned_; });
}

// --- its state: the threads ---

void runner_pool::state::start_thread() {
  auto& mine = seats_.emplace_back();
  try {
    // Left to itself: a handler may never return, and then nobody could wait for its thread.
    std::thread([self = shared_from_this(), &mine] { self->work(mine); }).detach();
  } catch (...) {
    seats_.pop_back();
    throw;
  }
}

void runner_pool::state::replace() {
  if (abandoned_ > abandoned_max) {
    ++missing_;
    return;
  }
  try {
    start_thread();
  } catch (const std::system_error&) {
    ++missing_; // Made good when an abandoned run ends.
  }
}

[[gnu::no_sanitize("null")]] // A forced unwind is caught as a reference to nothing.
void runner_pool::state::work(seat& mine) {
  std::unique_lock lock{mutex_};
  const auto end = [&] {
    const auto is_mine = [&](const seat& one) { return &one == &mine; };
    seats_.erase(std::find_if(seats_.begin(), seats_.end(), is_mine));
    left_.notify_all();
  };
  try {
    for (job one; take(lock, mine, one);) {
      lock.unlock();
      auto how = perform(one);
      one = {};
      lock.lock();
      ended_.push_back(std::move(how));
      if (!stays(mine))
        break;
    }
  } catch (const abi::__forced_unwind&) {
    // The handler ended its thread.
    lock.lock();
    if (stays(mine))
      replace();
    end();
    throw;
  }
  tell(lock);
  end();
}

/// What ended is told before a thread sleeps, and by the lookout: short jobs together, and none
/// waits for a long one.
bool runner_pool::state::take(std::unique_lock<std::mutex>& lock, seat& mine, job& into) {
  if (ended_.size() >= told_together_max)
    tell(lock);
  while (queue_.empty()) {
    if (!ended_.empty()) {
      tell(lock);
      continue;
    }
    if (is_leaving_)
      return false;
    sleep(lock, mine);
  }
  into = std::move(queue_.front());
  queue_.pop_front();
  mine.control = into.control;
  mine.since = std::chrono::steady_clock::now();
  if (!ended_.empty())
    wake_lookout();
  wake_one();
  return true;
}

void runner_pool::state::sleep(std::unique_lock<std::mutex>& lock, seat& mine) {
  sleeping_.push_back(&mine);
  mine.call.wait(lock, [&] { return mine.is_called || is_leaving_; });
  if (std::exchange(mine.is_called, false))
    is_waking_ = false;
  else
    std::erase(sleeping_, &mine);
}

void runner_pool::state::tell(std::unique_lock<std::mutex>& lock) {
  auto ended = std::exchange(ended_, {});
  lock.unlock();
  for (auto& one : ended)
    one.done(std::move(one.how));
  ended.clear();
  lock.lock();
}

bool runner_pool::state::stays(seat& mine) {
  mine.control.reset();
  if (std::exchange(mine.is_long, false))
    --long_;
  if (!std::exchange(mine.is_abandoned, false))
    return true;
  --abandoned_;
  if (missing_ == 0)
    return false;
  --missing_;
  return true;
}

[[gnu::no_sanitize("null")]] // As above.
ended_job
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
  if (gathering_ > 0 && queue_.size() < gathered_max)
    return;
  if (seats_.size() - sleeping_.size() - long_ >= processors_)
    return wake_lookout();
  is_waking_ = true;
  sleeping_.back()->is_called = true;
  sleeping_.back()->call.notify_one();
  sleeping_.pop_back();
}

void runner_pool::state::wake_lookout() {
  if (!std::exchange(is_looking_, true))
    held_up_.notify_one();
}

/// The lookout: while jobs wait behind others, sees to it that long ones hold nobody up.
void runner_pool::state::look_out() {
  std::unique_lock lock{mutex_};
  while (!is_leaving_) {
    held_up_.wait(lock, [this] { return is_looking_ || is_leaving_; });
    while ((!ended_.empty() || (!queue_.empty() && !sleeping_.empty())) && !is_leaving_) {
      lock.unlock();
      std::this_thread::sleep_for(long_after);
      lock.lock();
      tell(lock);
      find_long();
      wake_one();
    }
    is_looking_ = false; // Not before waiting: the first call may come before this thread does.
  }
}

void runner_pool::state::find_long() {
  const auto before = std::chrono::steady_clock::now() - long_after;
  for (auto& one : seats_) {
    if (!one.control || one.is_long || one.since > before)
      continue;
    one.is_long = true;
    ++long_;
  }
}

} // namespace belfry
