#include "base/system_config.hpp"

#include "base/node_identity.hpp"

#include "belfry/actors/client_actor.hpp"
#include "os/entropy.hpp"
#include "os/process.hpp"

#include <caf/atom.hpp>
#include <caf/io/middleman.hpp>

#include <algorithm>
#include <chrono>

namespace belfry {

void configure(caf::actor_system_config& config) {
  using namespace std::chrono_literals;
  config.add_message_types<caf::id_block::belfry>();
  config.set("middleman.workers", std::size_t{0});
  config.set("middleman.heartbeat-interval", caf::timespan{1s});
  config.set("middleman.connection-timeout", caf::timespan{8s});
  config.set("middleman.enable-automatic-connections", false);
  config.load<caf::io::middleman>();
  set_node_identity(config, make_node_identity(entropy_seed(), entropy_seed()));
}

std::size_t actor_threads() {
  return std::max<std::size_t>(1, processor_count() / 2);
}

system_config::system_config(bool networked) {
  if (networked)
    configure(*this);
  else
    add_message_types<caf::id_block::belfry>();
  // Work sharing wakes a thread within tens of microseconds, work stealing within a hundred.
  set("scheduler.policy", caf::atom("sharing"));
  // The default is unlimited: an actor whose mailbox is never empty would starve the others.
  set("scheduler.max-throughput", std::size_t{50});
  // An idle thread is woken for every message, mostly to find that another thread has taken it.
  set("scheduler.max-threads", actor_threads());
  set("logger.verbosity", caf::atom("quiet"));
}

} // namespace belfry
