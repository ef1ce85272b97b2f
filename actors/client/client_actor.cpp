#include "client/client_actor.hpp"

#include "base/io_thread_actor.hpp"
#include "client/client_requests.hpp"
#include "client/prioritized_submits.hpp"
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

// To itself: a tick; the back-off of a Submit or of a Request is over.
using tick_atom = caf::atom_constant<caf::atom("tick")>;
using retry_atom = caf::atom_constant<caf::atom("retry")>;

std::uint32_t ticks_of(duration span, duration tick) {
  return static_cast<std::uint32_t>(std::max<std::int64_t>(1, span / tick));
}

/// Sends calls to the owners of their shards, and passes the answers back.
class client_state {
public:
  client_state(caf::event_based_actor* self, client_options options)
      : self_(self), options_(std::move(options)), random_(options_.seed),
        links_(self, links_of(options_), random_, listener()),
        submits_({std::max<std::uint64_t>(1, random_.next())},
                 {options_.batch_max, options_.bytes_max, ticks_of(options_.resend, options_.tick),
                  ticks_of(options_.defer_after, options_.tick)}),
        requests_(ticks_of(options_.resend, options_.tick)) {}

  void process_inbox() {
    for (auto& call : options_.inbox->take())
      std::visit([&](auto& request) { start(request); }, call);
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
    constexpr duration request_timeout{std::chrono::hours{24 * 366}};
    auto promise = self_->make_response_promise();
    request_call call;
    call.request.set_shard(id.shard().value);
    call.request.mutable_wait()->set_id(id.value);
    call.request_timeout = request_timeout;
    call.on_result = [promise](const result<wire::Response>& answer) mutable {
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
    wire::Welcome message;
    if (!wire::open(from.bytes, message))
      return;
    if (message.has_failure())
      links_.refused(wire::read(message.failure()));
    else
      links_.welcome(message);
  }

  void on_cluster(const envelope& from) {
    wire::Cluster message;
    if (!wire::open(from.bytes, message))
      return;
    links_.update_cluster(message);
    update_outbox_queues();
  }

  void on_submitted(const envelope& from) {
    if (!wire::open(from.bytes, submitted_))
      return;
    const auto verdict = submits_.take(submitted_);
    if (const auto pause = verdict.outcome.pause)
      self_->delayed_send(self_, *pause, retry_atom::value, submitted_.client(), submitted_.shard(),
                          submitted_.sequence());
    settle(verdict.priority, verdict.outcome.settled);
    pump();
  }

  void on_answer(const envelope& from) {
    wire::Response answer;
    if (!wire::open(from.bytes, answer))
      return;
    const auto correlation = answer.correlation();
    if (const auto pause = requests_.take(answer))
      self_->delayed_send(self_, *pause, retry_atom::value, correlation);
  }

  void retry(client_id as, std::uint32_t shard, std::uint64_t sequence) {
    submits_.resend(as, shard, sequence, submit_sender());
  }

  void retry(std::uint64_t correlation) { requests_.resend(correlation, request_sender()); }

  void tick() {
    is_ticking_ = false;
    requests_.tick(request_sender(), links_.any_open() ? "" : connect_error_);
    submits_.tick(submit_sender());
    submits_.defer(outbox_sender());
    keep_ticking();
  }

  void close() {
    const failure closed{errc::cancelled, "the client is closed"};
    if (options_.inbox)
      for (auto& call : options_.inbox->close())
        refuse(call, closed);
    for (auto& ready : std::exchange(ready_, {}))
      ready.on_result(closed);
    requests_.fail_all(closed);
    fail_submits(closed);
  }

private:
  void start(submit_call& call) { submits_.add(std::move(call.task), std::move(call.on_result)); }

  void start(ready_call& call) {
    if (links_.any_open())
      call.on_result(submits_.shard_count());
    else
      ready_.push_back(std::move(call));
  }

  void start(flush_call& call) { submits_.flush(std::move(call.on_result)); }

  void start(request_call& call) {
    if (!call.schedule_name.empty() && submits_.shard_count() > 0)
      call.request.set_shard(wire::shard_of_schedule(call.schedule_name, submits_.shard_count()));
    const auto request_timeout = ticks_of(call.request_timeout, options_.tick);
    const auto& kept = requests_.add(std::move(call), request_timeout);
    request_sender()(kept);
  }

  static links_options links_of(const client_options& options) {
    links_options links;
    links.addresses = options.addresses;
    links.router = options.router;
    links.transport = options.transport;
    links.cluster = options.cluster;
    links.backoff_min = options.backoff_min;
    links.backoff_max = options.backoff_max;
    links.connect_timeout = options.connect_timeout;
    return links;
  }

  cluster_links::listener listener() {
    return {[this](const node_link& link) { opened(link); }, [](const node_link&) {},
            [this](const std::set<std::uint32_t>& shards) { moved(shards); },
            [this](const failure& error) { failed(error); },
            [this](const failure& error) { refused(error); }};
  }

  void update_outbox_queues() {
    if (options_.may_defer)
      submits_.set_outbox_queues(links_.outbox_queues());
  }

  void opened(const node_link& link) {
    update_outbox_queues();
    if (submits_.shard_count() == 0)
      submits_.open(links_.shard_count());
    for (auto& waiting : std::exchange(ready_, {}))
      waiting.on_result(submits_.shard_count());
    resend([this, key = link.key](std::uint32_t shard) {
      const auto* to = links_.link_to(shard);
      return to && to->key == key;
    });
  }

  void moved(const std::set<std::uint32_t>& shards) {
    if (submits_.shard_count() > 0)
      resend([&shards](std::uint32_t shard) { return shards.contains(shard); });
  }

  /// Resends what is open and for one of these shards.
  void resend(const std::function<bool(std::uint32_t)>& is_affected) {
    submits_.resend_all(is_affected, submit_sender());
    requests_.resend_all(links_.shard_count(), is_affected, request_sender());
    pump();
  }

  /// Fails the calls that wait for a connection.
  void failed(const failure& error) {
    connect_error_ = error.what;
    for (auto& ready : std::exchange(ready_, {}))
      ready.on_result(error);
  }

  /// The router has refused this client: open calls fail, later ones try again.
  void refused(const failure& error) {
    failed(error);
    requests_.fail_all(error);
    fail_submits(error);
  }

  void pump() {
    if (links_.any_open()) {
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

  void settle(priority_class priority, std::size_t count) {
    if (options_.inbox)
      options_.inbox->settle(priority, count);
  }

  void fail_submits(const failure& error) {
    const auto failed = submits_.fail_all(error);
    for (std::size_t i = 0; i < failed.size(); ++i)
      settle(static_cast<priority_class>(i), failed[i]);
  }

  /// Drops it while the shard's owner is unreachable: it is resent when a link opens.
  [[nodiscard]] prioritized_submits::sender submit_sender() {
    return [this](std::uint32_t shard, const std::vector<char>& bytes) {
      if (const auto* to = links_.link_to(shard))
        links_.send(*to, submit_atom::value, envelope{bytes, shard});
    };
  }

  [[nodiscard]] client_submits::sender outbox_sender() {
    return [this](std::uint32_t shard, const std::vector<char>& bytes) {
      if (const auto* to = links_.next_outbox())
        links_.send(*to, defer_atom::value, envelope{bytes, shard});
    };
  }

  [[nodiscard]] client_requests::sender request_sender() {
    return [this](const wire::Request& request) {
      const bool is_about_node =
          request.has_status() || request.has_cluster() || request.has_drain();
      if (const auto* to = is_about_node ? links_.any_open() : links_.link_to(request.shard()))
        links_.send(*to, request_atom::value, envelope{wire::seal(request), request.shard()});
    };
  }

  caf::event_based_actor* self_;
  client_options options_;
  prng random_;
  cluster_links links_;
  prioritized_submits submits_;
  client_requests requests_;
  std::vector<ready_call> ready_; // Answered when the present attempt to connect ends.
  wire::Submitted submitted_;     // Reused: it keeps its memory.
  std::string connect_error_;     // Why there is no connection.
  bool is_ticking_ = false;
};

caf::behavior client_actor(caf::event_based_actor* self, client_options options) {
  if (options.inbox)
    options.inbox->bind(self);
  auto state = std::make_shared<client_state>(self, std::move(options));
  self->set_error_handler([](caf::error&) {});
  self->set_default_handler(caf::drop);
  self->set_down_handler(
      [state](caf::down_msg& down) { (void)state->links().on_actor_down(down.source); });
  self->set_exit_handler([self, state](caf::exit_msg& exit) {
    state->close();
    self->quit(exit.reason);
  });
  state->links().open();
  return {
      [state](inbox_ready_atom) { state->process_inbox(); },
      [state](submit_atom, task_spec& task) { state->submit(std::move(task)); },
      [state](await_atom, task_id id) { state->await(id); },
      [state](welcome_atom, const envelope& from) { state->welcome(from); },
      [state](submitted_atom, const envelope& from) { state->on_submitted(from); },
      [state](response_atom, const envelope& from) { state->on_answer(from); },
      [state](cluster_atom, const envelope& from) { state->on_cluster(from); },
      [state](dial_atom, std::uint64_t attempt) { state->links().dial(attempt); },
      [state](connect_timeout_atom, std::uint64_t attempt) {
        state->links().connect_timed_out(attempt);
      },
      [state](retry_atom, std::uint64_t as, std::uint32_t shard, std::uint64_t sequence) {
        state->retry({as}, shard, sequence);
      },
      [state](retry_atom, std::uint64_t correlation) { state->retry(correlation); },
      [state](tick_atom) { state->tick(); },
  };
}

} // namespace

caf::actor spawn_client(caf::actor_system& system, client_options options) {
  return spawn_on_io_thread(system, true, [options = std::move(options)](auto* self) {
    return client_actor(self, options);
  });
}

caf::actor spawn_client(caf::actor_system& system, std::string host, std::uint16_t port,
                        const link_security& security) {
  const auto is_cancelled = std::make_shared<std::atomic<bool>>(false);
  client_options options;
  options.addresses = {{std::move(host), port}};
  options.seed = entropy_seed();
  options.transport =
      spawn_transport(system, {options.connect_timeout, is_cancelled,
                               transport_credentials::load(security, user_directory())});
  auto client = spawn_client(system, options);
  client->attach_functor([is_cancelled, transport = options.transport](const caf::error&) {
    *is_cancelled = true;
    caf::anon_send_exit(transport, caf::exit_reason::user_shutdown);
  });
  return client;
}

} // namespace belfry
