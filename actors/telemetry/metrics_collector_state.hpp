#pragma once

#include "base/local_messages.hpp"
#include "belfry/actors/protocol.hpp"
#include "metrics/node_metrics.hpp"
#include "telemetry/metrics_collector.hpp"

#include <caf/actor.hpp>
#include <caf/actor_addr.hpp>
#include <caf/actor_clock.hpp>
#include <caf/atom.hpp>
#include <caf/event_based_actor.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <utility>
#include <vector>

namespace belfry {

/// To itself: the actors have had time to answer the collection of this number.
using patience_atom = caf::atom_constant<caf::atom("patience")>;

/// What a metrics collector does with its messages: one method per message. Owned by one actor.
class metrics_collector_state {
public:
  using callback = std::function<void(const node_metrics&)>;

  metrics_collector_state(caf::event_based_actor* self, std::shared_ptr<counters_by_shard> counters)
      : self_(self), counters_(std::move(counters)) {}

  void on_child_started(const child_started& started);
  void on_actor_down(const caf::actor_addr& address);

  void on_report_metrics(callback done);
  /// A client requests the health of the node.
  void on_request(const envelope& message);

  void on_status(const envelope& message);
  void on_shard_collected(shard_collected& answer);
  void on_journal_collected(journal_collected& answer);
  void on_dispatch_collected(dispatch_collected& answer);
  void on_patience_over(std::uint64_t number);

private:
  enum class phase : std::uint8_t { idle, gathering, explaining };

  void begin();
  void wait(duration patience);
  void go_on_if_complete();
  void ask_dispatcher();
  void finish();

  caf::event_based_actor* self_;
  std::map<std::uint16_t, caf::actor> shards_; // Those that run.
  caf::actor journal_keeper_;                  // Null: it is not running; so below.
  caf::actor dispatcher_;
  caf::actor router_;
  std::map<std::uint16_t, caf::actor_clock::time_point> last_answers_; // When shards answered last.
  const std::shared_ptr<counters_by_shard> counters_; // As each shard has said last.

  // The collection.
  std::uint64_t number_ = 0; // Also of the collection's waits, each of which has its own.
  phase phase_ = phase::idle;
  node_metrics node_;
  std::set<std::uint16_t> awaited_shards_;
  bool is_journal_awaited_ = false;
  bool is_status_awaited_ = false;
  std::vector<callback> waiting_;
};

} // namespace belfry
