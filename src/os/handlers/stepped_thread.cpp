#include "os/handlers/stepped_thread.hpp"

#include "belfry/contract.hpp"

#include <condition_variable>
#include <mutex>
#include <thread>

namespace belfry {

class stepped_thread::state {
public:
  explicit state(std::function<void()> body) : body_(std::move(body)) {}

  ~state() {
    if (!thread_.joinable())
      return;
    is_cancelled_ = true;
    while (!has_ended_)
      hand_over(true);
    thread_.join();
  }

  bool resume() {
    expects(!has_ended_, "stepped_thread::resume: the function has not returned");
    if (!thread_.joinable())
      thread_ = std::thread{[this] { run(); }};
    hand_over(true);
    return has_ended_;
  }

  void pause() {
    if (!is_cancelled_)
      hand_over(false);
    if (is_cancelled_)
      throw cancelled{};
  }

private:
  void run() {
    wait_for_turn(true);
    try {
      body_();
    } catch (const cancelled&) { // The owner no longer waits for the function.
    }
    has_ended_ = true;
    const std::lock_guard lock{mutex_};
    is_thread_turn_ = false;
    turned_.notify_all();
  }

  /// Hands the turn to the thread or to the owner, and waits for the turn to come back.
  void hand_over(bool to_thread) {
    {
      const std::lock_guard lock{mutex_};
      is_thread_turn_ = to_thread;
      turned_.notify_all();
    }
    wait_for_turn(!to_thread);
  }

  void wait_for_turn(bool of_thread) {
    std::unique_lock lock{mutex_};
    turned_.wait(lock, [&] { return is_thread_turn_ == of_thread; });
  }

  std::function<void()> body_;
  std::thread thread_;
  std::mutex mutex_;
  std::condition_variable turned_;
  bool is_thread_turn_ = false; // True: the thread's turn.
  // Used only by the side that has the turn.
  bool has_ended_ = false;
  bool is_cancelled_ = false;
};

stepped_thread::stepped_thread(std::function<void()> body)
    : state_(std::make_unique<state>(std::move(body))) {}

stepped_thread::~stepped_thread() = default;

bool stepped_thread::resume() {
  return state_->resume();
}

void stepped_thread::pause() {
  state_->pause();
}

} // namespace belfry
