#pragma once

#include <caf/logger.hpp>

namespace belfry {

/// A scope in which a thread that does not belong to an actor system may create the system or spawn
/// actors in it.
///
/// With CAF 0.17.6 such a thread keeps a reference to the system's logger, and the destructor of
/// the system waits until the reference is released: for ever, if another thread runs the
/// destructor.
class foreign_thread_scope {
public:
  foreign_thread_scope() = default;
  ~foreign_thread_scope() { caf::logger::set_current_actor_system(nullptr); }
  foreign_thread_scope(const foreign_thread_scope&) = delete;
  foreign_thread_scope& operator=(const foreign_thread_scope&) = delete;
};

} // namespace belfry
