#include "node/router.hpp"

#include "base/io_thread_actor.hpp"
#include "belfry/actors/protocol.hpp"

#include "base/actor_basics.hpp"
#include "base/local_messages.hpp"
#include "cluster/cluster_map.hpp"

#include "wire/codec.hpp"
#include "wire/envelope.hpp"

#include <caf/event_based_actor.hpp>
#include <spdlog/spdlog.h>

#include <atomic>
#include <memory>
#include <set>
#include <utility>
#include <vector>

namespace belfry {

namespace {

/// A restarted shard is back within a fraction of a second, if little must be replayed.
constexpr std::uint32_t retry_after_ms = 200;
/// In a cluster most of them are here to stay the moment they have come.
constexpr std::uint32_t retry_after_move_ms = 25;

class router_state {
public:
  router_state(caf::event_based_actor* self, router_options options)
      : self_(self), options_(std::move(options)), started_(options_.time->now()),
        shards_(options_.shards) {}

  void hello(const envelope& from) {
    wire::Hello word;
    const bool is_read = is_size_allowed(from) && wire::open(from.bytes, word);
    wire::Welcome answer;
    answer.set_node(options_.name);
    answer.set_shard_count(options_.shards);
    answer.set_cluster_name(options_.cluster);
    if (const auto why = refusal(is_read, word); !why.empty())
      wire::write(failure{errc::invalid_argument, why}, *answer.mutable_failure());
    else
      subscribe_sender(answer);
    reply(welcome_atom::value, answer);
  }

  void submit(envelope& from) {
    if (!is_size_allowed(from))
      return;
    if (is_running(from.shard))
      return forward(shards_[from.shard], submit_atom::value, from);
    wire::Submit request;
    if (!wire::open(from.bytes, request))
      return;
    wire::Submitted answer;
    answer.set_client(request.client());
    answer.set_sequence(request.sequence());
    answer.set_shard(request.shard());
    refuse(from.shard, *answer.mutable_failure());
    reply(submitted_atom::value, answer);
  }

  /// A batch whose shard cannot be reached: without an answer, its client tries another node.
  void defer(envelope& from) {
    if (is_size_allowed(from) && outbox_)
      forward(outbox_, defer_atom::value, from);
  }

  void ask(envelope& from) {
    wire::Request request;
    if (!is_size_allowed(from) || !wire::open(from.bytes, request))
      return;
    if (request.has_status())
      return answer_status(request);
    if (request.has_cluster())
      return answer_cluster(request);
    if (request.has_drain())
      return drain(request);
    if (is_running(from.shard))
      return forward(shards_[from.shard], request_atom::value, from);
    wire::Response answer;
    answer.set_correlation(request.correlation());
    refuse(from.shard, *answer.mutable_failure());
    reply(response_atom::value, answer);
  }

  void report(envelope& from) {
    if (is_size_allowed(from) && is_running(from.shard))
      forward(shards_[from.shard], report_atom::value, from);
  }

  void attach(envelope& from) {
    if (!is_size_allowed(from))
      return;
    if (dispatcher_)
      return forward(dispatcher_, attach_atom::value, from);
    wire::Attached answer;
    set_unavailable("the dispatcher is not running", *answer.mutable_failure());
    reply(attached_atom::value, answer);
  }

  template <class Atom>
  void forward_to_dispatcher(Atom what, envelope& from) {
    if (is_size_allowed(from) && dispatcher_)
      forward(dispatcher_, what, from);
  }

  void started(const child_started& news) {
    if (news.name == "dispatcher")
      dispatcher_ = news.child;
    else if (news.name == "cluster_keeper")
      cluster_keeper_ = news.child;
    else if (news.name == "outbox")
      outbox_ = news.child;
    else if (news.name == "shard" && news.index < shards_.size())
      shards_[news.index] = news.child;
    else
      return;
    self_->monitor(news.child);
  }

  /// Who was welcomed hears where the shards are, whenever that changes.
  void on_cluster_updated(const cluster_updated& news) {
    if (cluster_metadata_.update(news))
      publish_cluster();
  }

  void on_outbox_updated(const outbox_updated& news) {
    outbox_tasks_ = news.tasks;
    if (cluster_metadata_.set_outbox_queues(news.queues))
      publish_cluster();
  }

  void refresh(envelope& from) {
    if (cluster_keeper_)
      forward(cluster_keeper_, refresh_atom::value, from);
  }

  void on_actor_down(const caf::actor_addr& who) {
    std::erase_if(subscribers_, [&](const caf::actor& guest) { return guest.address() == who; });
    if (dispatcher_ && dispatcher_.address() == who)
      dispatcher_ = nullptr;
    if (cluster_keeper_ && cluster_keeper_.address() == who)
      cluster_keeper_ = nullptr;
    if (outbox_ && outbox_.address() == who)
      outbox_ = nullptr;
    for (auto& shard : shards_) {
      if (shard && shard.address() == who)
        shard = nullptr;
    }
  }

private:
  /// Why the sender of `word` is not welcome; empty if it is.
  [[nodiscard]] std::string refusal(bool is_read, const wire::Hello& word) const {
    if (!is_read)
      return "the greeting is not readable";
    if (word.protocol_version() != protocol_version)
      return "protocol version " + std::to_string(word.protocol_version()) +
             " is not spoken here: this node speaks " + std::to_string(protocol_version);
    if (!word.cluster().empty() && !options_.cluster.empty() && word.cluster() != options_.cluster)
      return "this node is of cluster '" + options_.cluster + "', not of '" + word.cluster() + "'";
    return {};
  }

  [[nodiscard]] bool is_size_allowed(const envelope& from) const {
    if (from.bytes.size() <= options_.envelope_bytes_max)
      return true;
    spdlog::warn("envelope.dropped bytes={} bytes_max={}", from.bytes.size(),
                 options_.envelope_bytes_max);
    return false;
  }

  [[nodiscard]] bool is_running(std::uint32_t shard) const {
    return shard < shards_.size() && shards_[shard] != nullptr;
  }

  void publish_cluster() {
    if (cluster_metadata_.is_empty())
      return;
    const envelope word{wire::seal(cluster_metadata_.map()), 0};
    for (const auto& guest : subscribers_)
      self_->send(guest, cluster_atom::value, word);
  }

  void refuse(std::uint32_t shard, wire::Failure& why) {
    if (shard < shards_.size())
      return refuse_temporarily(shard, why);
    wire::write(failure{errc::invalid_argument, "there is no shard " + std::to_string(shard) +
                                                    ": this node has " +
                                                    std::to_string(shards_.size())},
                why);
  }

  static void set_unavailable(std::string what, wire::Failure& why,
                              std::uint32_t retry_ms = retry_after_ms) {
    wire::write(failure{errc::unavailable, std::move(what)}, why);
    why.set_retry_after_ms(retry_ms);
  }

  /// The shard is about to start, or it is elsewhere: then the sender hears where.
  void refuse_temporarily(std::uint32_t shard, wire::Failure& why) {
    const auto name = "shard " + std::to_string(shard);
    if (cluster_metadata_.is_routed_here(shard)) {
      if (cluster_keeper_ &&
          !cluster_metadata_.is_owned(shard)) // Perhaps another node has just given it away.
        self_->send(cluster_keeper_, refresh_atom::value, envelope{});
      return set_unavailable(name + " is starting", why,
                             options_.is_clustered ? retry_after_move_ms : retry_after_ms);
    }
    reply(cluster_atom::value, cluster_metadata_.map());
    const auto place = cluster_metadata_.describe_owner(shard);
    set_unavailable(place.empty() ? name + " has no node" : name + " is with " + place, why,
                    retry_after_move_ms);
  }

  void subscribe_sender(wire::Welcome& answer) {
    if (!options_.is_clustered)
      return;
    if (!cluster_metadata_.is_empty())
      *answer.mutable_cluster() = cluster_metadata_.map();
    const auto guest = sender();
    if (guest && subscribers_.insert(guest).second)
      self_->monitor(guest);
  }

  void answer_cluster(const wire::Request& request) {
    wire::Response answer;
    answer.set_correlation(request.correlation());
    auto& all = *answer.mutable_cluster();
    all = cluster_metadata_.details();
    if (cluster_metadata_.is_empty()) {
      auto& self = *all.add_nodes();
      self.set_name(options_.name);
      self.set_weight(1);
      self.set_shards(options_.shards);
      for (std::uint16_t shard = 0; shard < options_.shards; ++shard)
        all.add_owners(1);
    }
    reply(response_atom::value, answer);
  }

  void drain(const wire::Request& request) {
    const auto client = sender();
    if (!client)
      return;
    if (cluster_keeper_)
      return self_->send(cluster_keeper_,
                         drain_node{client, request.correlation(), request.drain().node(),
                                    request.drain().is_undrain()});
    wire::Response answer;
    answer.set_correlation(request.correlation());
    wire::write(failure{errc::wrong_state, "the node has a disk of its own and is alone: its "
                                           "shards can go nowhere"},
                *answer.mutable_failure());
    reply(response_atom::value, answer);
  }

  /// The dispatcher adds what it knows, and answers.
  void answer_status(const wire::Request& request) {
    wire::Response answer;
    answer.set_correlation(request.correlation());
    if (!dispatcher_) {
      set_unavailable("the dispatcher is not running", *answer.mutable_failure());
      return reply(response_atom::value, answer);
    }
    auto& status = *answer.mutable_status();
    status.set_node(options_.name);
    status.set_shard_count(options_.shards);
    status.set_shards_held(options_.is_clustered ? cluster_metadata_.owned_shard_count() : options_.shards);
    status.set_is_joined(!options_.is_clustered || !cluster_metadata_.is_empty());
    status.set_has_outbox(outbox_ != nullptr);
    status.set_outbox_tasks(outbox_tasks_);
    status.set_uptime_ms((options_.time->now() - started_).count());
    self_->send(dispatcher_, complete_answer{sender(), std::move(answer), {}, {}});
  }

  template <class Atom>
  void forward(const caf::actor& whom, Atom what, envelope& from) {
    self_->delegate(whom, what, std::move(from));
  }

  template <class Atom>
  void reply(Atom what, const google::protobuf::MessageLite& message) {
    if (const auto whom = sender())
      self_->send(whom, what, envelope{wire::seal(message), 0});
  }

  [[nodiscard]] caf::actor sender() const {
    return caf::actor_cast<caf::actor>(self_->current_sender());
  }

  caf::event_based_actor* self_;
  const router_options options_;
  const instant started_;
  std::vector<caf::actor> shards_; // By number; none while it is not running.
  caf::actor dispatcher_;
  caf::actor cluster_keeper_; // Of the cluster.
  caf::actor outbox_;         // None: this node has none, or it is not running.
  std::uint64_t outbox_tasks_ = 0;
  cluster_map cluster_metadata_;
  std::set<caf::actor> subscribers_; // Who was welcomed and is still there.
};

/// CAF lets a `kill` of anybody end an actor, whatever its handlers are: what does not come from
/// the owner is kept out of the mailbox.
class router_actor : public caf::event_based_actor {
public:
  router_actor(caf::actor_config& config, router_options options)
      : caf::event_based_actor(config),
        state_(std::make_shared<router_state>(this, std::move(options))) {}

  using caf::event_based_actor::enqueue;
  void enqueue(caf::mailbox_element_ptr what, caf::execution_unit* by) override {
    const auto& content = what->content();
    if (!content.match_elements<caf::exit_msg>() ||
        is_owner(content.get_as<caf::exit_msg>(0).source))
      caf::event_based_actor::enqueue(std::move(what), by);
  }

  caf::behavior make_behavior() override;

private:
  [[nodiscard]] bool is_owner(const caf::actor_addr& who) const {
    return who && who.node() == node() && who.id() == owner_;
  }

  void started(const child_started& news) {
    if (const auto from = current_sender(); from && owner_ == caf::invalid_actor_id)
      owner_ = from->id();
    state_->started(news);
  }

  const std::shared_ptr<router_state> state_;
  std::atomic<caf::actor_id> owner_ = caf::invalid_actor_id; // Read by whoever sends something.
};

caf::behavior router_actor::make_behavior() {
  install_default_handlers(this);
  set_down_handler(
      [state = state_](const caf::down_msg& down) { state->on_actor_down(down.source); });
  return {
      [state = state_](submit_atom, envelope& from) { state->submit(from); },
      [state = state_](report_atom, envelope& from) { state->report(from); },
      [state = state_](credit_atom, envelope& from) {
        state->forward_to_dispatcher(credit_atom::value, from);
      },
      [state = state_](heartbeat_atom, envelope& from) {
        state->forward_to_dispatcher(heartbeat_atom::value, from);
      },
      [state = state_](defer_atom, envelope& from) { state->defer(from); },
      [state = state_](request_atom, envelope& from) { state->ask(from); },
      [state = state_](attach_atom, envelope& from) { state->attach(from); },
      [state = state_](hello_atom, const envelope& from) { state->hello(from); },
      [state = state_](refresh_atom, envelope& from) { state->refresh(from); },
      [state = state_](const cluster_updated& news) { state->on_cluster_updated(news); },
      [state = state_](const outbox_updated& news) { state->on_outbox_updated(news); },
      [this](const child_started& news) { started(news); },
  };
}

} // namespace

caf::actor spawn_router(caf::actor_system& system, router_options options) {
  return spawn_on_io_thread<router_actor>(system, std::move(options));
}

} // namespace belfry
