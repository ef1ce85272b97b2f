#include "client/client_actor.hpp"

#include "base/beside_network.hpp"
#include "client/client_priorities.hpp"
#include "client/client_requests.hpp"
#include "link/client_transport.hpp"
#include "link/cluster_links.hpp"

#include "os/entropy.hpp"
#include "os/link/user_secret.hpp"
#include "random/prng.hpp"
#include "wire/codec.hpp"
#include "wire/envelope.hpp"
#include "wire/shard_of.hpp"

#include <caf/event_based_actor.hpp>
#include <caf/exit_reason.hpp>
#include <caf/response_promise.hpp>
#include <caf/send.hpp>

#include <algorithm>
#include <atomic>
#include <memory>
#include <set>
#include <utility>

namespace belfry {

namespace {

// To itself: a tick; the pause that a shard asked for is over, of a Submit or of a Request.
using tick_atom = caf::atom_constant<caf::atom("tick")>;
using rested_atom = caf::atom_constant<caf::atom("rested")>;

std::uint32_t ticks_of(duration span, duration tick) {
  return static_cast<std::uint32_t>(std::max<std::int64_t>(1, span / tick));
}

/// Carries calls to the nodes that have the shards they are for, and answers back.
class client_state {
public:
  client_state(caf::event_based_actor* self, client_options options)
      : self_(self), options_(std::move(options)), chance_(options_.seed),
        links_(self, links_of(options_), chance_, listener()),
        submits_({std::max<std::uint64_t>(1, chance_.next())},
                 {options_.batch_max, options_.bytes_max, ticks_of(options_.resend, options_.tick),
                  ticks_of(options_.defer_after, options_.tick)}),
        requests_(ticks_of(options_.resend, options_.tick)) {}

  void drain() {
    for (auto& call : options_.inbox->take())
      std::visit([&](auto& one) { start(one); }, call);
    pump();
  }

  void submit(task_spec task) {
    auto promise = self_->make_response_promise();
    submits_.add(std::move(task), [promise](result<submitted> outcome) mutable {
      if (outcome)
        promise.deliver(*outcome);
      else
        promise.deliver(to_error(outcome.error()));
    });
    pump();
  }

  void await(task_id id) {
    constexpr duration patience{std::chrono::hours{24 * 366}};
    auto promise = self_->make_response_promise();
    ask_call call;
    call.about.set_shard(id.shard().value);
    call.about.mutable_wait()->set_id(id.value);
    call.patience = patience;
    call.answered = [promise](const result<wire::Answer>& answer) mutable {
      if (answer)
        promise.deliver(wire::read(answer->task()));
      else
        promise.deliver(to_error(answer.error()));
    };
    start(call);
    pump();
  }

  [[nodiscard]] cluster_links& links() { return links_; }

  void welcome(const envelope& from) {
    wire::Welcome word;
    if (!wire::open(from.bytes, word))
      return;
    if (word.has_failure())
      links_.refused(wire::read(word.failure()));
    else
      links_.welcome(word);
  }

  void cluster_came(const envelope& from) {
    wire::Cluster word;
    if (!wire::open(from.bytes, word))
      return;
    links_.learn(word);
    learn_queues();
  }

  void submitted_came(const envelope& from) {
    if (!wire::open(from.bytes, submitted_))
      return;
    const auto verdict = submits_.take(submitted_);
    if (const auto pause = verdict.what.pause)
      self_->delayed_send(self_, *pause, rested_atom::value, submitted_.client(),
                          submitted_.shard(), submitted_.sequence());
    settle(verdict.of, verdict.what.settled);
    pump();
  }

  void answer_came(const envelope& from) {
    wire::Answer answer;
    if (!wire::open(from.bytes, answer))
      return;
    const auto correlation = answer.correlation();
    if (const auto pause = requests_.take(answer))
      self_->delayed_send(self_, *pause, rested_atom::value, correlation);
  }

  void rested(client_id as, std::uint32_t shard, std::uint64_t sequence) {
    submits_.resend(as, shard, sequence, submit_sender());
  }

  void rested(std::uint64_t correlation) { requests_.resend(correlation, ask_sender()); }

  void tick() {
    is_ticking_ = false;
    requests_.tick(ask_sender(), links_.any() ? "" : trouble_);
    submits_.tick(submit_sender());
    submits_.defer(outbox_sender());
    keep_ticking();
  }

  void close() {
    const failure why{errc::cancelled, "the client is closed"};
    if (options_.inbox)
      for (auto& call : options_.inbox->close())
        refuse(call, why);
    for (auto& one : std::exchange(ready_, {}))
      one.answered(why);
    requests_.fail_all(why);
    fail_submits(why);
  }

private:
  void start(submit_call& call) { submits_.add(std::move(call.task), std::move(call.answered)); }

  void start(ready_call& call) {
    if (links_.any())
      call.answered(submits_.shard_count());
    else
      ready_.push_back(std::move(call));
  }

  void start(flush_call& call) { submits_.flush(std::move(call.answered)); }

  void start(ask_call& call) {
    if (!call.route.empty() && submits_.shard_count() > 0)
      call.about.set_shard(wire::shard_of_schedule(call.route, submits_.shard_count()));
    const auto patience = ticks_of(call.patience, options_.tick);
    const auto& kept = requests_.add(std::move(call), patience);
    ask_sender()(kept);
  }

  static links_options links_of(const client_options& options) {
    links_options links;
    links.places = options.places;
    links.gateway = options.gateway;
    links.transport = options.transport;
    links.cluster = options.cluster;
    links.backoff_min = options.backoff_min;
    links.backoff_max = options.backoff_max;
    links.connect_limit = options.connect_limit;
    return links;
  }

  cluster_links::listener listener() {
    return {[this](const node_link& one) { opened(one); }, [](const node_link&) {},
            [this](const std::set<std::uint32_t>& shards) { moved(shards); },
            [this](const failure& why) { failed(why); },
            [this](const failure& why) { refused(why); }};
  }

  void learn_queues() {
    if (options_.may_defer)
      submits_.set_open_queues(links_.outbox_queues());
  }

  void opened(const node_link& one) {
    learn_queues();
    if (submits_.shard_count() == 0)
      submits_.open(links_.shard_count());
    for (auto& waiting : std::exchange(ready_, {}))
      waiting.answered(submits_.shard_count());
    resend([this, key = one.key](std::uint32_t shard) {
      const auto* to = links_.at(shard);
      return to && to->key == key;
    });
  }

  void moved(const std::set<std::uint32_t>& shards) {
    if (submits_.shard_count() > 0)
      resend([&shards](std::uint32_t shard) { return shards.contains(shard); });
  }

  /// What is open and for one of these shards.
  void resend(const std::function<bool(std::uint32_t)>& is_meant) {
    submits_.resend_all(is_meant, submit_sender());
    requests_.resend_all(links_.shard_count(), is_meant, ask_sender());
    pump();
  }

  /// Who waits for a connection hears why there is none.
  void failed(const failure& why) {
    trouble_ = why.what;
    for (auto& one : std::exchange(ready_, {}))
      one.answered(why);
  }

  /// The gateway wants nothing to do with us: what is open fails, later calls get a new chance.
  void refused(const failure& why) {
    failed(why);
    requests_.fail_all(why);
    fail_submits(why);
  }

  void pump() {
    if (links_.any()) {
      submits_.pump(submit_sender());
      submits_.defer(outbox_sender());
    }
    keep_ticking();
  }

  void keep_ticking() {
    if (is_ticking_ || (submits_.is_idle() && requests_.is_idle()))
      return;
    is_ticking_ = true;
    self_->delayed_send(self_, options_.tick, tick_atom::value);
  }

  void settle(priority_class what, std::size_t count) {
    if (options_.inbox)
      options_.inbox->settle(what, count);
  }

  void fail_submits(const failure& why) {
    const auto failed = submits_.fail_all(why);
    for (std::size_t i = 0; i < failed.size(); ++i)
      settle(static_cast<priority_class>(i), failed[i]);
  }

  /// Sends to nobody while the shard's node cannot be reached: a link that opens sends it again.
  [[nodiscard]] client_priorities::sender submit_sender() {
    return [this](std::uint32_t shard, const std::vector<char>& bytes) {
      if (const auto* to = links_.at(shard))
        links_.send(*to, submit_atom::value, envelope{bytes, shard});
    };
  }

  [[nodiscard]] client_submits::sender outbox_sender() {
    return [this](std::uint32_t shard, const std::vector<char>& bytes) {
      if (const auto* to = links_.next_outbox())
        links_.send(*to, defer_atom::value, envelope{bytes, shard});
    };
  }

  [[nodiscard]] client_requests::sender ask_sender() {
    return [this](const wire::Request& about) {
      const bool is_about_node = about.has_status() || about.has_cluster() || about.has_drain();
      if (const auto* to = is_about_node ? links_.any() : links_.at(about.shard()))
        links_.send(*to, ask_atom::value, envelope{wire::seal(about), about.shard()});
    };
  }

  caf::event_based_actor* self_;
  client_options options_;
  prng chance_;
  cluster_links links_;
  client_priorities submits_;
  client_requests requests_;
  std::vector<ready_call> ready_; // Who wants to know how the present try ends.
  wire::Submitted submitted_;     // Filled again and again: it keeps its memory.
  std::string trouble_;           // Why there is no connection.
  bool is_ticking_ = false;
};

caf::behavior client_actor(caf::event_based_actor* self, client_options options) {
  if (options.inbox)
    options.inbox->bind(self);
  auto state = std::make_shared<client_state>(self, std::move(options));
  self->set_error_handler([](caf::error&) {});
  self->set_default_handler(caf::drop);
  self->set_down_handler(
      [state](caf::down_msg& what) { (void)state->links().somebody_died(what.source); });
  self->set_exit_handler([self, state](caf::exit_msg& what) {
    state->close();
    self->quit(what.reason);
  });
  state->links().open();
  return {
      [state](drain_atom) { state->drain(); },
      [state](submit_atom, task_spec& task) { state->submit(std::move(task)); },
      [state](await_atom, task_id id) { state->await(id); },
      [state](welcome_atom, const envelope& from) { state->welcome(from); },
      [state](submitted_atom, const envelope& from) { state->submitted_came(from); },
      [state](answer_atom, const envelope& from) { state->answer_came(from); },
      [state](cluster_atom, const envelope& from) { state->cluster_came(from); },
      [state](dial_atom, std::uint64_t attempt) { state->links().dial(attempt); },
      [state](overdue_atom, std::uint64_t attempt) { state->links().overdue(attempt); },
      [state](rested_atom, std::uint64_t as, std::uint32_t shard, std::uint64_t sequence) {
        state->rested({as}, shard, sequence);
      },
      [state](rested_atom, std::uint64_t correlation) { state->rested(correlation); },
      [state](tick_atom) { state->tick(); },
  };
}

} // namespace

caf::actor spawn_client(caf::actor_system& system, client_options options) {
  return spawn_beside_network(
      system, true, [how = std::move(options)](auto* self) { return client_actor(self, how); });
}

caf::actor spawn_client(caf::actor_system& system, std::string host, std::uint16_t port,
                        const link_security& security) {
  const auto is_given_up = std::make_shared<std::atomic<bool>>(false);
  client_options options;
  options.places = {{std::move(host), port}};
  options.seed = entropy_seed();
  options.transport = spawn_transport(
      system, {options.connect_limit, is_given_up, link_keys::load(security, user_directory())});
  auto client = spawn_client(system, options);
  client->attach_functor([is_given_up, transport = options.transport](const caf::error&) {
    *is_given_up = true;
    caf::anon_send_exit(transport, caf::exit_reason::user_shutdown);
  });
  return client;
}

} // namespace belfry
