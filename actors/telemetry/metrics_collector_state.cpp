#include "telemetry/metrics_collector_state.hpp"

#include "metrics/health.hpp"
#include "telemetry/health_codec.hpp"
#include "wire/envelope.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace belfry {

namespace {

/// The dispatcher never waits for the storage.
constexpr duration dispatcher_patience{500};

worker_metrics read(const wire::WorkerInfo& from) {
  return {.name = from.name(),
          .slots = from.slots(),
          .running = from.running(),
          .reserved = from.reserved(),
          .is_connected = from.is_connected()};
}

void read(const wire::NodeStatus& from, node_metrics& to) {
  to.node = from.node();
  to.shards_held = from.shards_held();
  to.shards_serving = from.shards_serving();
  to.is_joined = from.is_joined();
  if (from.has_stops_within_ms())
    to.stops_within = duration{from.stops_within_ms()};
  if (from.has_outbox())
    to.outbox_tasks = from.outbox_tasks();
  to.clock_offset = duration{from.clock_offset_ms()};
  if (!from.storage_trouble().empty())
    to.storage_trouble = from.storage_trouble();
  for (const auto& worker : from.workers())
    to.workers.push_back(read(worker));
}

} // namespace

void metrics_collector_state::on_child_started(const child_started& started) {
  if (started.name == "shard") {
    shards_[started.index] = started.child;
    last_answers_[started.index] = self_->clock().now();
  } else if (started.name == "journal_keeper")
    journal_keeper_ = started.child;
  else if (started.name == "dispatcher")
    dispatcher_ = started.child;
  else if (started.name == "router")
    router_ = started.child;
  else
    return;
  self_->monitor(started.child);
}

/// Who has ended does not answer any more.
void metrics_collector_state::on_actor_down(const caf::actor_addr& address) {
  for (auto shard = shards_.begin(); shard != shards_.end(); ++shard)
    if (shard->second.address() == address) {
      awaited_shards_.erase(shard->first);
      shards_.erase(shard);
      return go_on_if_complete();
    }
  if (journal_keeper_ && journal_keeper_.address() == address) {
    journal_keeper_ = nullptr;
    is_journal_awaited_ = false;
    node_.is_journal_open = node_.journal.has_value();
    return go_on_if_complete();
  }
  if (!dispatcher_ || dispatcher_.address() != address)
    return;
  dispatcher_ = nullptr;
  if (phase_ == phase::explaining)
    finish();
}

// --- questions ---

void metrics_collector_state::on_report_metrics(callback done) {
  waiting_.push_back(std::move(done));
  if (phase_ == phase::idle)
    begin();
}

void metrics_collector_state::on_request(const envelope& message) {
  wire::Request request;
  const auto client = caf::actor_cast<caf::actor>(self_->current_sender());
  if (!client || !wire::open(message.bytes, request) || !request.has_health())
    return;
  on_report_metrics([this, client, correlation = request.correlation()](const node_metrics& node) {
    wire::Response answer;
    answer.set_correlation(correlation);
    health_codec::write(assess(node), *answer.mutable_health());
    self_->send(client, response_atom::value, envelope{wire::seal(answer), 0});
  });
}

// --- a collection ---

void metrics_collector_state::begin() {
  phase_ = phase::gathering;
  node_ = {};
  node_.is_complete = false; // Until the status comes.
  wait(metrics_patience);
  for (const auto& [index, shard] : shards_) {
    awaited_shards_.insert(index);
    self_->send(shard, collect_metrics{number_});
  }
  is_journal_awaited_ = node_.is_journal_open = journal_keeper_ != nullptr;
  if (journal_keeper_)
    self_->send(journal_keeper_, collect_metrics{number_});
  is_status_awaited_ = router_ != nullptr;
  if (router_) {
    wire::Request request;
    request.set_correlation(number_);
    request.mutable_status();
    self_->send(router_, request_atom::value, envelope{wire::seal(request), 0});
  }
  go_on_if_complete();
}

void metrics_collector_state::wait(duration patience) {
  self_->delayed_send(self_, patience, patience_atom::value, ++number_);
}

void metrics_collector_state::on_status(const envelope& message) {
  wire::Response answer;
  if (phase_ != phase::gathering || !wire::open(message.bytes, answer) ||
      answer.correlation() != number_)
    return;
  is_status_awaited_ = false;
  if (answer.has_status()) {
    node_.is_complete = true;
    read(answer.status(), node_);
  }
  go_on_if_complete();
}

void metrics_collector_state::on_shard_collected(shard_collected& answer) {
  const auto shard = answer.metrics.shard.value;
  last_answers_[shard] = self_->clock().now(); // Also if the answer is late.
  (*counters_)[shard] = std::move(answer.metrics.counters);
  if (phase_ != phase::gathering || answer.number != number_ || awaited_shards_.erase(shard) == 0)
    return;
  merge(answer.metrics, node_);
  go_on_if_complete();
}

void metrics_collector_state::on_journal_collected(journal_collected& answer) {
  if (phase_ != phase::gathering || answer.number != number_)
    return;
  is_journal_awaited_ = false;
  node_.journal = std::move(answer.metrics);
  go_on_if_complete();
}

void metrics_collector_state::on_patience_over(std::uint64_t number) {
  if (number != number_)
    return;
  if (phase_ == phase::gathering)
    ask_dispatcher();
  else if (phase_ == phase::explaining)
    finish();
}

void metrics_collector_state::go_on_if_complete() {
  if (phase_ == phase::gathering && awaited_shards_.empty() && !is_journal_awaited_ &&
      !is_status_awaited_)
    ask_dispatcher();
}

/// Also after those that do not answer: they are named.
void metrics_collector_state::ask_dispatcher() {
  for (const auto index : std::exchange(awaited_shards_, {})) {
    node_.silent_shards.push_back({index});
    const auto silence = self_->clock().now() - last_answers_[index];
    node_.longest_silence = std::max(node_.longest_silence, std::chrono::floor<duration>(silence));
  }
  phase_ = phase::explaining;
  if (!dispatcher_)
    return finish();
  wait(dispatcher_patience);
  explain_lanes request{.number = number_, .lanes = {}};
  for (const auto& lane : node_.lanes)
    request.lanes.emplace_back(lane.queue, lane.kind);
  self_->send(dispatcher_, std::move(request));
}

void metrics_collector_state::on_dispatch_collected(dispatch_collected& answer) {
  if (phase_ != phase::explaining || answer.number != number_)
    return;
  const auto& reasons = answer.metrics.reasons;
  for (std::size_t i = 0; i < reasons.size() && i < node_.lanes.size(); ++i)
    node_.lanes[i].reason = reasons[i];
  node_.latest_departed = std::move(answer.metrics.latest_departed);
  finish();
}

void metrics_collector_state::finish() {
  phase_ = phase::idle;
  for (const auto& [shard, counters] : *counters_)
    merge(counters, node_);
  const auto node = std::exchange(node_, {});
  for (const auto& done : std::exchange(waiting_, {}))
    done(node);
}

} // namespace belfry
