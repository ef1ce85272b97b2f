#include "base/io_thread_actor.hpp"

namespace belfry {

namespace {

class body_actor : public caf::event_based_actor {
public:
  body_actor(caf::actor_config& config, actor_body body)
      : caf::event_based_actor(config), body_(std::move(body)) {}

  caf::behavior make_behavior() override { return std::exchange(body_, nullptr)(this); }

private:
  actor_body body_;
};

} // namespace

caf::actor spawn_on_io_thread(caf::actor_system& system, bool on_io_thread, actor_body body) {
  if (on_io_thread)
    return spawn_on_io_thread<body_actor>(system, std::move(body));
  return system.spawn<body_actor>(std::move(body));
}

} // namespace belfry
