// Which method handles which message; the methods are in metrics_collector_state.cpp.
#include "telemetry/metrics_collector.hpp"

#include "base/actor_basics.hpp"
#include "telemetry/metrics_collector_state.hpp"

#include <caf/system_messages.hpp>

#include <memory>
#include <utility>

namespace belfry {

caf::behavior metrics_collector(caf::event_based_actor* self,
                                std::shared_ptr<counters_by_shard> counters) {
  install_default_handlers(self);
  const auto state = std::make_shared<metrics_collector_state>(self, std::move(counters));
  self->set_down_handler([state](const caf::down_msg& down) { state->on_actor_down(down.source); });
  return {
      [state](const child_started& started) { state->on_child_started(started); },
      [state](report_metrics& request) { state->on_report_metrics(std::move(request.done)); },
      [state](request_atom, const envelope& message) { state->on_request(message); },
      [state](response_atom, const envelope& message) { state->on_status(message); },
      [state](shard_collected& answer) { state->on_shard_collected(answer); },
      [state](journal_collected& answer) { state->on_journal_collected(answer); },
      [state](dispatch_collected& answer) { state->on_dispatch_collected(answer); },
      [state](patience_atom, std::uint64_t number) { state->on_patience_over(number); },
  };
}

} // namespace belfry
