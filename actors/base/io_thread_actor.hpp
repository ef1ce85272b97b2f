#pragma once

#include <caf/actor.hpp>
#include <caf/actor_system.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/io/middleman.hpp>
#include <caf/io/network/multiplexer.hpp>

#include <functional>
#include <utility>

namespace belfry {

/// An actor that the network's thread runs between reads and writes, as it does CAF's brokers: what
/// comes for it and what it sends away wakes no other thread. Its system has a network.
///
/// While it works on a message nothing is read or written, so no message may take long.
template <class Base>
class io_thread_actor final : public Base {
public:
  using Base::Base;

  using Base::enqueue;
  void enqueue(caf::mailbox_element_ptr what, caf::execution_unit*) override {
    Base::enqueue(std::move(what), &network());
  }

  void launch(caf::execution_unit*, bool is_lazy, bool is_hidden) override {
    Base::launch(&network(), is_lazy, is_hidden);
  }

  /// Tells the network's thread that it may run this.
  [[nodiscard]] caf::resumable::subtype_t subtype() const override {
    return caf::resumable::io_actor;
  }

private:
  caf::execution_unit& network() { return this->home_system().middleman().backend(); }
};

/// Starts an `Actor` beside the network, or on the scheduler's threads if there is none.
template <class Actor, class... Arguments>
[[nodiscard]] caf::actor spawn_on_io_thread(caf::actor_system& system, Arguments&&... how) {
  if (system.has_middleman())
    return system.spawn<io_thread_actor<Actor>>(std::forward<Arguments>(how)...);
  return system.spawn<Actor>(std::forward<Arguments>(how)...);
}

/// Called once, in the new actor; returns its behaviour.
using actor_body = std::function<caf::behavior(caf::event_based_actor* self)>;

/// The same for an actor that is a function; on the scheduler's threads unless `is_wanted`.
[[nodiscard]] caf::actor spawn_on_io_thread(caf::actor_system& system, bool is_wanted,
                                            actor_body body);

} // namespace belfry
