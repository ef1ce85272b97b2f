#include "os/input_wait.hpp"

#include <poll.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <limits>
#include <system_error>

namespace belfry {

namespace {

/// In the milliseconds of the system: -1 is no limit.
int limit_ms(std::optional<duration> timeout) {
  constexpr duration longest{std::numeric_limits<int>::max()};
  return timeout ? static_cast<int>(std::clamp(*timeout, duration{0}, longest).count()) : -1;
}

} // namespace

input_wait::input_wait() : wake_ups_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (!wake_ups_.is_open())
    throw std::system_error{errno, std::generic_category(), "cannot wait for input"};
}

void input_wait::wake() {
  const std::uint64_t one = 1;
  (void)!::write(wake_ups_.number(), &one, sizeof one); // Fails when it is more than readable.
}

input_event input_wait::wait(int input, std::optional<duration> timeout) {
  std::array<pollfd, 2> sources{pollfd{wake_ups_.number(), POLLIN, 0}, pollfd{input, POLLIN, 0}};
  int ready = 0;
  do // A signal begins the limit anew, which only a stopped process meets.
    ready = ::poll(sources.data(), sources.size(), limit_ms(timeout));
  while (ready < 0 && errno == EINTR);
  if (ready == 0)
    return input_event::timed_out;
  std::uint64_t count = 0;
  if (::read(wake_ups_.number(), &count, sizeof count) > 0)
    return input_event::woken;
  return input_event::readable; // Also if poll has failed: the read tells why.
}

} // namespace belfry
