#pragma once

#include <caf/actor.hpp>
#include <caf/actor_system.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/io/middleman.hpp>
#include <caf/io/network/multiplexer.hpp>

#include <functional>
#include <utility>

namespace belfry {

/// An actor that runs on the network's thread, between reads and writes, as CAF's brokers do: its
/// messages from and to the network wake no other thread.
///
/// While it handles a message nothing is read or written, so no message may take long.
/// Requires: the actor system has a middleman.
template <class Base>
class io_thread_actor final : public Base {
public:
  using Base::Base;

  using Base::enqueue;
  void enqueue(caf::mailbox_element_ptr element, caf::execution_unit*) override {
    Base::enqueue(std::move(element), &network());
  }

  void launch(caf::execution_unit*, bool is_lazy, bool is_hidden) override {
    Base::launch(&network(), is_lazy, is_hidden);
  }

  /// Permits the network's thread to run this actor.
  [[nodiscard]] caf::resumable::subtype_t subtype() const override {
    return caf::resumable::io_actor;
  }

private:
  caf::execution_unit& network() { return this->home_system().middleman().backend(); }
};

/// Starts an `Actor` on the network's thread, or on the scheduler's threads if there is no network.
template <class Actor, class... Arguments>
[[nodiscard]] caf::actor spawn_on_io_thread(caf::actor_system& system, Arguments&&... arguments) {
  if (system.has_middleman())
    return system.spawn<io_thread_actor<Actor>>(std::forward<Arguments>(arguments)...);
  return system.spawn<Actor>(std::forward<Arguments>(arguments)...);
}

/// Called once, in the new actor; returns its behaviour.
using actor_body = std::function<caf::behavior(caf::event_based_actor* self)>;

/// The same for a function-based actor; on the scheduler's threads unless `on_io_thread`.
[[nodiscard]] caf::actor spawn_on_io_thread(caf::actor_system& system, bool on_io_thread,
                                            actor_body body);

} // namespace belfry
