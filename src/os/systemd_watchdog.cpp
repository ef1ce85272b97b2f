#include "os/systemd_watchdog.hpp"

#include "os/systemd_notice.hpp"

#include <unistd.h>

#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <utility>

namespace belfry {

namespace {

/// Nothing: the variable is not set, or holds no number.
std::optional<std::int64_t> number_in(const char* variable) {
  const char* value = std::getenv(variable);
  const std::string_view text = value ? value : "";
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size())
    return std::nullopt;
  return number;
}

} // namespace

std::optional<duration> watchdog_interval() {
  const auto process = std::getenv("WATCHDOG_PID") ? number_in("WATCHDOG_PID") : ::getpid();
  const auto interval_us = number_in("WATCHDOG_USEC");
  if (process != ::getpid() || !interval_us || *interval_us <= 0)
    return std::nullopt;
  return std::chrono::ceil<duration>(std::chrono::microseconds{*interval_us});
}

systemd_watchdog::systemd_watchdog(duration interval, std::function<bool()> is_working)
    : interval_(interval), is_working_(std::move(is_working)), thread_([this] { run(); }) {}

systemd_watchdog::~systemd_watchdog() {
  {
    const std::lock_guard lock(mutex_);
    is_ending_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void systemd_watchdog::run() {
  for (auto span = interval_ / 2; pause(span);) {
    const bool is_working = is_working_();
    if (is_working)
      notify_systemd("WATCHDOG=1");
    span = interval_ / (is_working ? 2 : 20);
  }
}

bool systemd_watchdog::pause(duration span) {
  std::unique_lock lock(mutex_);
  return !changed_.wait_for(lock, span, [this] { return is_ending_; });
}

} // namespace belfry
