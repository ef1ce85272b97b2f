#include "os/stop_signals.hpp"

#include "belfry/contract.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <memory>
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

void on_signal(int) {
  if (is_requested)
    _exit(status_after_second);
  is_requested = 1;
  const auto before = errno;
  [[maybe_unused]] const auto written = write(wake_end, &letter_of_signal, 1);
  errno = before;
}

} // namespace

struct stop_signals::impl {
  explicit impl(std::function<void()> callback) : on_stop(std::move(callback)) {
    expects(wake_end == -1 && pipe2(ends.data(), O_CLOEXEC) == 0,
            "stop_signals: no other object exists, and a descriptor is free");
    wake_end = ends[1];
    is_requested = 0;
    struct sigaction catching {};
    catching.sa_handler = on_signal;
    catching.sa_flags = SA_RESTART;
    sigaction(SIGINT, &catching, &before_interrupt);
    sigaction(SIGTERM, &catching, &before_terminate);
    watcher = std::thread{[this] { watch(); }};
  }

  ~impl() {
    [[maybe_unused]] const auto written = write(ends[1], &letter_of_end, 1);
    watcher.join();
    sigaction(SIGINT, &before_interrupt, nullptr);
    sigaction(SIGTERM, &before_terminate, nullptr);
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
      on_stop();
    }
  }

  std::function<void()> on_stop;
  std::array<int, 2> ends{};
  struct sigaction before_interrupt {};
  struct sigaction before_terminate {};
  std::thread watcher;
};

stop_signals::stop_signals(std::function<void()> on_stop)
    : impl_(std::make_unique<impl>(std::move(on_stop))) {}

stop_signals::~stop_signals() = default;

} // namespace belfry
