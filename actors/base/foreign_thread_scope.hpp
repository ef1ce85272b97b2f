#pragma once

#include <caf/logger.hpp>

namespace belfry {

/// A stay of a thread that is none of an actor system's own, but makes the system or spawns in it:
/// to be on its stack meanwhile.
///
/// CAF 0.17.6 lets such a thread hold on to the system's logger, and the end of the system waits
/// for that to be let go: for ever, if another thread ends it.
class foreign_thread_scope {
public:
  foreign_thread_scope() = default;
  ~foreign_thread_scope() { caf::logger::set_current_actor_system(nullptr); }
  foreign_thread_scope(const foreign_thread_scope&) = delete;
  foreign_thread_scope& operator=(const foreign_thread_scope&) = delete;
};

} // namespace belfry
