#pragma once

#include "belfry/time.hpp"
#include "os/descriptor.hpp"

#include <optional>

namespace belfry {

/// Why a wait for input has ended.
enum class input_event {
  readable, ///< a read does not block: there are bytes, or the end, or an error
  woken,
  timed_out,
};

/// Waits for input and, at the same time, for other threads. One thread waits, any may wake it.
class input_wait {
public:
  /// Throws `std::system_error` if the process has no descriptor left.
  input_wait();

  /// Ends the wait under way, or else the next one. Calls before that wait count as one.
  void wake();

  /// Waits for at most `timeout`, without one for as long as it takes. `input` is an open
  /// descriptor. A wake-up goes first: it is told although there is input.
  input_event wait(int input, std::optional<duration> timeout);

private:
  descriptor wake_ups_; // A counter of the kernel, readable unless it is 0.
};

} // namespace belfry
