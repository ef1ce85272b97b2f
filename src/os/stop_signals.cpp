#include "os/stop_signals.hpp"

#include "belfry/contract.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <memory>
#include <optional>
#include <thread>
#include <utility>

namespace belfry {

namespace {

constexpr int status_after_second = 130;
constexpr char letter_of_signal = 's';
constexpr char letter_of_end = 'e';

// A signal handler can only use globals.
volatile std::sig_atomic_t wake_end = -1;
volatile std::sig_atomic_t is_requested = 0;
volatile std::sig_atomic_t is_hung_up = 0;

void on_signal(int signal) {
  if (is_requested && signal != SIGHUP)
    _exit(status_after_second);
  const bool is_first = !is_requested && !is_hung_up;
  if (signal == SIGHUP)
    is_hung_up = 1;
  else
    is_requested = 1;
  if (!is_first)
    return;
  const auto before = errno;
  [[maybe_unused]] const auto written = write(wake_end, &letter_of_signal, 1);
  errno = before;
}

} // namespace

namespace internal {

/// Catches one signal while it lives, unless the signal is one to stay ignored.
class caught_signal {
public:
  caught_signal(int number, bool may_stay_ignored) : number_(number) {
    sigaction(number_, nullptr, &before_);
    if (may_stay_ignored && before_.sa_handler == SIG_IGN)
      return;
    struct sigaction catching {};
    catching.sa_handler = on_signal;
    catching.sa_flags = SA_RESTART;
    sigaction(number_, &catching, nullptr);
    sigset_t itself;
    sigemptyset(&itself);
    sigaddset(&itself, number_);
    pthread_sigmask(SIG_UNBLOCK, &itself, nullptr);
  }
  ~caught_signal() { sigaction(number_, &before_, nullptr); }

  caught_signal(const caught_signal&) = delete;
  caught_signal& operator=(const caught_signal&) = delete;

private:
  const int number_;
  struct sigaction before_ {};
};

} // namespace internal

struct stop_signals::impl {
  explicit impl(std::function<void()> callback) : on_stop(std::move(callback)) {
    expects(wake_end == -1 && pipe2(ends.data(), O_CLOEXEC) == 0,
            "stop_signals: no other object exists, and a descriptor is free");
    wake_end = ends[1];
    is_requested = 0;
    is_hung_up = 0;
    interrupt.emplace(SIGINT, true);
    hang_up.emplace(SIGHUP, true);
    terminate.emplace(SIGTERM, false);
    watcher = std::thread{[this] { watch(); }};
  }

  ~impl() {
    [[maybe_unused]] const auto written = write(ends[1], &letter_of_end, 1);
    watcher.join();
    terminate.reset();
    hang_up.reset();
    interrupt.reset();
    wake_end = -1;
    close(ends[0]);
    close(ends[1]);
  }

  impl(const impl&) = delete;
  impl& operator=(const impl&) = delete;

  void watch() const {
    char letter = 0;
    for (;;) {
      const auto count = read(ends[0], &letter, 1);
      if (count < 0 && errno == EINTR)
        continue;
      if (count != 1 || letter == letter_of_end)
        return;
      if (letter == letter_of_signal)
        on_stop();
    }
  }

  std::function<void()> on_stop;
  std::array<int, 2> ends{};
  std::optional<internal::caught_signal> interrupt;
  std::optional<internal::caught_signal> hang_up;
  std::optional<internal::caught_signal> terminate;
  std::thread watcher;
};

stop_signals::stop_signals(std::function<void()> on_stop)
    : impl_(std::make_unique<impl>(std::move(on_stop))) {}

stop_signals::~stop_signals() = default;

} // namespace belfry
