#pragma once

#include <caf/logger.hpp>

namespace belfry {

/// A stay of a thread that is none of an actor system's own, but makes the system or spawns in it:
/// to be on its stack meanwhile.
///
/// CAF 0.17.6 lets such a thread hold on to the system's logger, and the end of the system waits
/// for that to be let go: for ever, if another thread ends it.
class system_guest {
public:
  system_guest() = default;
  ~system_guest() { caf::logger::set_current_actor_system(nullptr); }
  system_guest(const system_guest&) = delete;
  system_guest& operator=(const system_guest&) = delete;
};

} // namespace belfry
