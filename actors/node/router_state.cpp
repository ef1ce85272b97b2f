#include "node/router_state.hpp"

#include "belfry/version.hpp"
#include "wire/codec.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

namespace belfry {

namespace {

/// A restarted shard has recovered within a fraction of a second, if little must be replayed.
constexpr std::uint32_t retry_after_ms = 200;
/// In a cluster most shards move here rather than restart: nothing must be replayed.
constexpr std::uint32_t retry_after_move_ms = 25;

constexpr auto journal_failed_text = "the journal has failed and is opened again";

void set_unavailable(std::string text, wire::Failure& error,
                     std::uint32_t retry_ms = retry_after_ms) {
  wire::write(failure{errc::unavailable, std::move(text)}, error);
  error.set_retry_after_ms(retry_ms);
}

} // namespace

router_state::router_state(caf::event_based_actor* self, router_options options)
    : self_(self), options_(std::move(options)), started_(options_.time->now()),
      shards_(options_.shards) {}

void router_state::on_hello(const envelope& message) {
  wire::Hello hello;
  const bool is_readable = is_size_allowed(message) && wire::open(message.bytes, hello);
  wire::Welcome answer;
  answer.set_node(options_.name);
  answer.set_shard_count(options_.shards);
  answer.set_cluster_name(options_.cluster);
  if (const auto error = hello_error(is_readable, hello); !error.empty())
    wire::write(failure{errc::invalid_argument, error}, *answer.mutable_failure());
  else
    subscribe_sender(answer);
  reply(welcome_atom::value, answer);
}

void router_state::on_submit(envelope& message) {
  if (!is_size_allowed(message))
    return;
  if (is_running(message.shard))
    return forward(shards_[message.shard], submit_atom::value, message);
  wire::Submit request;
  if (!wire::open(message.bytes, request))
    return;
  wire::Submitted answer;
  answer.set_client(request.client());
  answer.set_sequence(request.sequence());
  answer.set_shard(request.shard());
  refuse(message.shard, *answer.mutable_failure());
  reply(submitted_atom::value, answer);
}

void router_state::on_defer(envelope& message) {
  if (is_size_allowed(message) && outbox_)
    forward(outbox_, defer_atom::value, message);
}

void router_state::on_request(envelope& message) {
  wire::Request request;
  if (!is_size_allowed(message) || !wire::open(message.bytes, request))
    return;
  if (request.has_status())
    return answer_status(request);
  if (request.has_cluster())
    return answer_cluster(request);
  if (request.has_health())
    return answer_health(request, message);
  if (request.has_drain())
    return drain(request);
  if (request.has_backup())
    return back_up(request);
  if (is_running(message.shard))
    return forward(shards_[message.shard], request_atom::value, message);
  wire::Response answer;
  answer.set_correlation(request.correlation());
  refuse(message.shard, *answer.mutable_failure());
  reply(response_atom::value, answer);
}

void router_state::on_report(envelope& message) {
  if (is_size_allowed(message) && is_running(message.shard))
    forward(shards_[message.shard], report_atom::value, message);
}

void router_state::on_attach(envelope& message) {
  if (!is_size_allowed(message))
    return;
  if (dispatcher_)
    return forward(dispatcher_, attach_atom::value, message);
  wire::Attached answer;
  set_unavailable("the dispatcher is not running", *answer.mutable_failure());
  reply(attached_atom::value, answer);
}

// --- actors of this node ---

void router_state::on_child_started(const child_started& started) {
  if (started.name == "dispatcher")
    dispatcher_ = started.child;
  else if (started.name == "cluster_keeper")
    cluster_keeper_ = started.child;
  else if (started.name == "outbox")
    outbox_ = started.child;
  else if (started.name == "journal_keeper")
    journal_keeper_ = started.child;
  else if (started.name == "metrics_collector")
    collector_ = started.child;
  else if (started.name == "shard" && started.index < shards_.size())
    shards_[started.index] = started.child;
  else
    return;
  self_->monitor(started.child);
}

void router_state::on_cluster_updated(const cluster_updated& update) {
  if (cluster_map_.update(update))
    publish_cluster();
}

void router_state::on_outbox_updated(const outbox_updated& update) {
  outbox_tasks_ = update.tasks;
  if (cluster_map_.set_outbox_queues(update.queues))
    publish_cluster();
}

/// The outbox has a keeper of its own, which tells the same of its own disk.
void router_state::on_storage_updated(const storage_updated& update) {
  if (journal_keeper_ && sender() == journal_keeper_)
    storage_trouble_ = update.trouble;
}

void router_state::on_refresh(envelope& message) {
  if (cluster_keeper_)
    forward(cluster_keeper_, refresh_atom::value, message);
}

void router_state::on_node_stopping(const node_stopping& notice) {
  stops_at_ = options_.time->now() + notice.grace;
}

/// Without a collector the node is about to restart it, or has none.
void router_state::on_report_metrics(report_metrics& request) {
  if (collector_)
    return self_->send(collector_, std::move(request));
  node_metrics unknown;
  unknown.node = options_.name;
  unknown.is_complete = false;
  request.done(unknown);
}

void router_state::on_actor_down(const caf::actor_addr& address) {
  std::erase_if(subscribers_,
                [&](const caf::actor& subscriber) { return subscriber.address() == address; });
  if (dispatcher_ && dispatcher_.address() == address)
    dispatcher_ = nullptr;
  if (cluster_keeper_ && cluster_keeper_.address() == address)
    cluster_keeper_ = nullptr;
  if (outbox_ && outbox_.address() == address)
    outbox_ = nullptr;
  if (collector_ && collector_.address() == address)
    collector_ = nullptr;
  if (journal_keeper_ && journal_keeper_.address() == address) {
    journal_keeper_ = nullptr;
    storage_trouble_ = journal_failed_text; // Until the next keeper has opened the journal.
  }
  for (auto& shard : shards_) {
    if (shard && shard.address() == address)
      shard = nullptr;
  }
}

// --- sessions ---

/// Why the sender is refused; empty if it is accepted.
std::string router_state::hello_error(bool is_readable, const wire::Hello& hello) const {
  if (!is_readable)
    return "the Hello message is not readable";
  if (hello.protocol_version() != protocol_version)
    return "protocol version " + std::to_string(hello.protocol_version()) +
           " is not supported: this node has protocol version " + std::to_string(protocol_version);
  if (!hello.cluster().empty() && !options_.cluster.empty() && hello.cluster() != options_.cluster)
    return "this node is of cluster '" + options_.cluster + "', not of '" + hello.cluster() + "'";
  return {};
}

bool router_state::is_size_allowed(const envelope& message) const {
  if (message.bytes.size() <= options_.envelope_bytes_max)
    return true;
  spdlog::warn("envelope.dropped bytes={} bytes_max={}", message.bytes.size(),
               options_.envelope_bytes_max);
  return false;
}

bool router_state::is_running(std::uint32_t shard) const {
  return shard < shards_.size() && shards_[shard] != nullptr;
}

void router_state::publish_cluster() {
  if (cluster_map_.is_empty())
    return;
  const envelope map{wire::seal(cluster_map_.map()), 0};
  for (const auto& subscriber : subscribers_)
    self_->send(subscriber, cluster_atom::value, map);
}

void router_state::subscribe_sender(wire::Welcome& answer) {
  if (!options_.is_clustered)
    return;
  if (!cluster_map_.is_empty())
    *answer.mutable_cluster() = cluster_map_.map();
  const auto subscriber = sender();
  if (subscriber && subscribers_.insert(subscriber).second)
    self_->monitor(subscriber);
}

// --- refusals ---

void router_state::refuse(std::uint32_t shard, wire::Failure& error) {
  if (shard < shards_.size())
    return refuse_temporarily(shard, error);
  wire::write(failure{errc::invalid_argument, "there is no shard " + std::to_string(shard) +
                                                  ": this node has " +
                                                  std::to_string(shards_.size())},
              error);
}

/// The shard is starting here, or it is on another node: then the sender gets the cluster map.
void router_state::refuse_temporarily(std::uint32_t shard, wire::Failure& error) {
  const auto name = "shard " + std::to_string(shard);
  if (cluster_map_.is_routed_here(shard)) {
    // Another node may just have released it.
    if (cluster_keeper_ && !cluster_map_.is_owned(shard))
      self_->send(cluster_keeper_, refresh_atom::value, envelope{});
    return set_unavailable(name + " is starting", error,
                           options_.is_clustered ? retry_after_move_ms : retry_after_ms);
  }
  reply(cluster_atom::value, cluster_map_.map());
  const auto owner = cluster_map_.describe_owner(shard);
  set_unavailable(owner.empty() ? name + " has no owner" : name + " is on " + owner, error,
                  retry_after_move_ms);
}

// --- requests about the node ---

void router_state::answer_cluster(const wire::Request& request) {
  wire::Response answer;
  answer.set_correlation(request.correlation());
  auto& all = *answer.mutable_cluster();
  all = cluster_map_.details();
  if (cluster_map_.is_empty()) {
    auto& self = *all.add_nodes();
    self.set_name(options_.name);
    self.set_weight(1);
    self.set_shards(options_.shards);
    for (std::uint16_t shard = 0; shard < options_.shards; ++shard)
      all.add_owners(1);
  }
  reply(response_atom::value, answer);
}

void router_state::drain(const wire::Request& request) {
  const auto client = sender();
  if (!client)
    return;
  if (cluster_keeper_)
    return self_->send(cluster_keeper_,
                       drain_node{client, request.correlation(), request.drain().node(),
                                  request.drain().is_undrain()});
  wire::Response answer;
  answer.set_correlation(request.correlation());
  wire::write(failure{errc::wrong_state, "the node stores its tasks on its own disk: its "
                                         "shards cannot move to another node"},
              *answer.mutable_failure());
  reply(response_atom::value, answer);
}

/// The journal keeper answers. What was acknowledged before now is written before it copies.
void router_state::back_up(const wire::Request& request) {
  const auto client = sender();
  if (!client)
    return;
  if (journal_keeper_)
    return self_->send(journal_keeper_,
                       copy_journal{client, request.correlation(), request.backup().directory(),
                                    options_.time->now()});
  wire::Response answer;
  answer.set_correlation(request.correlation());
  set_unavailable(journal_failed_text, *answer.mutable_failure());
  reply(response_atom::value, answer);
}

/// The dispatcher adds the workers, and answers.
void router_state::answer_status(const wire::Request& request) {
  wire::Response answer;
  answer.set_correlation(request.correlation());
  if (!dispatcher_) {
    set_unavailable("the dispatcher is not running", *answer.mutable_failure());
    return reply(response_atom::value, answer);
  }
  auto& status = *answer.mutable_status();
  status.set_node(options_.name);
  status.set_shard_count(options_.shards);
  status.set_shards_held(options_.is_clustered ? cluster_map_.owned_shard_count()
                                               : options_.shards);
  status.set_is_joined(!options_.is_clustered || !cluster_map_.is_empty());
  status.set_has_outbox(outbox_ != nullptr);
  status.set_outbox_tasks(outbox_tasks_);
  status.set_storage_trouble(storage_trouble_);
  status.set_version(version());
  status.set_uptime_ms((options_.time->now() - started_).count());
  if (stops_at_)
    status.set_stops_within_ms(std::max(*stops_at_ - options_.time->now(), duration{0}).count());
  status.set_clock_offset_ms(options_.time->machine_offset().count());
  self_->send(
      dispatcher_,
      complete_answer{.client = sender(), .answer = std::move(answer), .queue = {}, .kind = {}});
}

void router_state::answer_health(const wire::Request& request, envelope& message) {
  if (collector_)
    return forward(collector_, request_atom::value, message);
  wire::Response answer;
  answer.set_correlation(request.correlation());
  set_unavailable("the metrics collector is not running", *answer.mutable_failure());
  reply(response_atom::value, answer);
}

caf::actor router_state::sender() const {
  return caf::actor_cast<caf::actor>(self_->current_sender());
}

} // namespace belfry
