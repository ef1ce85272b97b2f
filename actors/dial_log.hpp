#pragma once

#include "belfry/failure.hpp"
#include "belfry/options.hpp"

#include <mutex>
#include <string>

namespace belfry {

/// Logs why a node cannot be connected to: once, as long as the reason stays the same.
///
/// May be used from any thread.
class dial_log {
public:
  void note(const node_place& place, const failure& why);

private:
  std::mutex mutex_;
  std::string latest_;
};

} // namespace belfry
