#include "system_config.hpp"

#include "belfry/actors/protocol.hpp"

#include <caf/atom.hpp>
#include <caf/io/middleman.hpp>

#include <chrono>

namespace belfry {

system_config::system_config(bool networked) {
  using namespace std::chrono_literals;
  add_message_types<caf::id_block::belfry>();
  // Sharing leaves idle cores idle and wakes in tens of microseconds; stealing takes a hundred.
  set("scheduler.policy", caf::atom("sharing"));
  // The default is unlimited: an actor that always has mail would starve the others for ever.
  set("scheduler.max-throughput", std::size_t{50});
  set("logger.verbosity", caf::atom("quiet"));
  if (!networked)
    return;
  set("middleman.workers", std::size_t{0});
  set("middleman.heartbeat-interval", caf::timespan{1s});
  set("middleman.connection-timeout", caf::timespan{8s});
  set("middleman.enable-automatic-connections", false);
  load<caf::io::middleman>();
}

} // namespace belfry
