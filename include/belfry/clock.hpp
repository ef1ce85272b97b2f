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
};

} // namespace belfry
