#pragma once

#include "belfry/time.hpp"

namespace belfry {

/// Tells the time. Code that needs the time is given one of these or, better, an `instant`.
///
/// `now` never goes backwards for one object. Implementations may be called from any thread.
class clock {
public:
  virtual ~clock() = default;

  [[nodiscard]] virtual instant now() const = 0;

  /// How far the machine's clock is from this one, since it was set and while this clock does not
  /// follow it; negative: behind. 0: they agree.
  [[nodiscard]] virtual duration machine_offset() const { return duration{0}; }

  /// How far this clock is ahead of the machine's. While it is, it runs at half speed. As of the
  /// last `now`; costs no lock.
  [[nodiscard]] virtual duration lead() const { return duration{0}; }
};

} // namespace belfry
