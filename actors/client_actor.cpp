#include "client_actor.hpp"

#include "client_requests.hpp"
#include "client_submits.hpp"

#include "os/entropy.hpp"
#include "random/prng.hpp"
#include "wire/codec.hpp"
#include "wire/envelope.hpp"
#include "wire/shard_of.hpp"

#include <caf/event_based_actor.hpp>
#include <caf/io/middleman.hpp>
#include <caf/io/middleman_actor.hpp>
#include <caf/node_id.hpp>
#include <caf/response_promise.hpp>

#include <algorithm>
#include <set>
#include <utility>

namespace belfry {

namespace {

// To itself: dial again; a tick; the pause that a shard asked for is over; Welcome is overdue.
using dial_atom = caf::atom_constant<caf::atom("dial")>;
using tick_atom = caf::atom_constant<caf::atom("tick")>;
using rested_atom = caf::atom_constant<caf::atom("rested")>;
using overdue_atom = caf::atom_constant<caf::atom("overdue")>;

std::uint32_t ticks_of(duration span, duration tick) {
  return static_cast<std::uint32_t>(std::max<std::int64_t>(1, span / tick));
}

/// Keeps a connection to the gateway and carries calls to it and answers back.
class client_state {
public:
  client_state(caf::event_based_actor* self, client_options options)
      : self_(self), options_(std::move(options)), chance_(options_.seed),
        submits_(
            {std::max<std::uint64_t>(1, chance_.next())},
            {options_.batch_max, options_.bytes_max, ticks_of(options_.resend, options_.tick)}),
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

  void dial(std::uint64_t generation) {
    if (generation != generation_)
      return;
    self_
        ->request(options_.transport, options_.connect_limit, caf::connect_atom::value,
                  options_.host, options_.port)
        .then([this, generation](const caf::node_id&, const caf::strong_actor_ptr& gateway,
                                 const std::set<std::string>&) { greet(generation, gateway); },
              [this, generation](const caf::error& why) {
                const auto reason = to_failure(why).what;
                lose(generation, reason.empty()
                                     ? "what answers at " + place() + " is no belfry node"
                                     : "no node answers at " + place() + ": " + reason);
              });
  }

  void welcome(const envelope& from) {
    wire::Welcome word;
    if (!gateway_ || is_welcome_ || !wire::open(from.bytes, word))
      return;
    if (word.has_failure())
      return refused(wire::read(word.failure()));
    if (word.shard_count() == 0)
      return lose(generation_, "the node at " + place() + " serves no shards");
    if (submits_.shard_count() == 0)
      submits_.open(word.shard_count());
    if (submits_.shard_count() != word.shard_count())
      return refused({errc::unavailable,
                      "the node at " + place() + " has " + std::to_string(word.shard_count()) +
                          " shards, expected " + std::to_string(submits_.shard_count())});
    is_welcome_ = true;
    tries_ = 0;
    for (auto& one : std::exchange(ready_, {}))
      one.answered(submits_.shard_count());
    submits_.resend_all(submit_sender());
    requests_.resend_all(submits_.shard_count(), ask_sender());
    pump();
  }

  void submitted_came(const envelope& from) {
    if (!wire::open(from.bytes, submitted_))
      return;
    const auto verdict = submits_.take(submitted_);
    if (verdict.pause)
      self_->delayed_send(self_, *verdict.pause, rested_atom::value, submitted_.shard(),
                          submitted_.sequence());
    settle(verdict.settled);
    pump();
  }

  void answer_came(const envelope& from) {
    wire::Answer answer;
    if (wire::open(from.bytes, answer))
      requests_.take(answer);
  }

  void rested(std::uint32_t shard, std::uint64_t sequence) {
    if (is_welcome_)
      submits_.resend(shard, sequence, submit_sender());
  }

  void tick() {
    is_ticking_ = false;
    requests_.tick(ask_sender(), is_welcome_ ? "" : trouble_);
    if (is_welcome_)
      submits_.tick(submit_sender());
    keep_ticking();
  }

  void overdue(std::uint64_t generation) {
    if (!is_welcome_)
      lose(generation, "the node at " + place() + " does not say welcome");
  }

  void down(const caf::down_msg& what) {
    if (gateway_ && what.source == gateway_.address())
      lose(generation_, "the connection to " + place() + " broke");
  }

  void close() {
    const failure why{errc::cancelled, "the client is closed"};
    if (options_.inbox)
      for (auto& call : options_.inbox->close())
        refuse(call, why);
    for (auto& one : std::exchange(ready_, {}))
      one.answered(why);
    requests_.fail_all(why);
    settle(submits_.fail_all(why));
  }

private:
  void start(submit_call& call) { submits_.add(std::move(call.task), std::move(call.answered)); }

  void start(ready_call& call) {
    if (is_welcome_)
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

  void greet(std::uint64_t generation, const caf::strong_actor_ptr& gateway) {
    if (generation != generation_)
      return;
    if (!gateway)
      return lose(generation, "no belfry node answers at " + place());
    gateway_ = caf::actor_cast<caf::actor>(gateway);
    self_->monitor(gateway_);
    wire::Hello word;
    word.set_protocol_version(protocol_version);
    word.set_cluster(options_.cluster);
    self_->send(gateway_, hello_atom::value, envelope{wire::seal(word), 0});
    self_->delayed_send(self_, options_.connect_limit, overdue_atom::value, generation);
  }

  /// Gives up this try and sets the next. Who waits for a connection hears why.
  void lose(std::uint64_t generation, const std::string& why) {
    if (generation != generation_)
      return;
    ++generation_;
    if (gateway_)
      self_->demonitor(gateway_);
    gateway_ = nullptr;
    is_welcome_ = false;
    trouble_ = why;
    for (auto& one : std::exchange(ready_, {}))
      one.answered(failure{errc::unavailable, why});
    const auto doublings = std::min<std::uint32_t>(tries_++, 16);
    auto pause = std::min(options_.backoff_min * (1 << doublings), options_.backoff_max);
    pause -= duration{static_cast<std::int64_t>(
        chance_.below(static_cast<std::uint64_t>(pause.count() / 2 + 1)))};
    self_->delayed_send(self_, pause, dial_atom::value, generation_);
  }

  /// The gateway wants nothing to do with us: what is open fails, later calls get a new chance.
  void refused(const failure& why) {
    for (auto& one : std::exchange(ready_, {}))
      one.answered(why);
    requests_.fail_all(why);
    settle(submits_.fail_all(why));
    lose(generation_, why.what);
  }

  void pump() {
    if (is_welcome_)
      submits_.pump(submit_sender());
    keep_ticking();
  }

  void keep_ticking() {
    if (is_ticking_ || (submits_.is_idle() && requests_.is_idle()))
      return;
    is_ticking_ = true;
    self_->delayed_send(self_, options_.tick, tick_atom::value);
  }

  void settle(std::size_t count) {
    if (options_.inbox)
      options_.inbox->settle(count);
  }

  [[nodiscard]] client_submits::sender submit_sender() {
    return [this](std::uint32_t shard, const std::vector<char>& bytes) {
      self_->send(gateway_, submit_atom::value, envelope{bytes, shard});
    };
  }

  [[nodiscard]] client_requests::sender ask_sender() {
    return [this](const wire::Request& about) {
      if (is_welcome_)
        self_->send(gateway_, ask_atom::value, envelope{wire::seal(about), about.shard()});
    };
  }

  [[nodiscard]] std::string place() const {
    return options_.host + ":" + std::to_string(options_.port);
  }

  caf::event_based_actor* self_;
  client_options options_;
  prng chance_;
  client_submits submits_;
  client_requests requests_;
  std::vector<ready_call> ready_; // Who wants to know how the present try ends.
  wire::Submitted submitted_;     // Filled again and again: it keeps its memory.
  caf::actor gateway_;
  std::string trouble_;     // Why there is no connection.
  bool is_welcome_ = false; // Only then may anything be sent.
  bool is_ticking_ = false;
  std::uint32_t tries_ = 0;      // Without a Welcome, in a row.
  std::uint64_t generation_ = 0; // Of the connection; what speaks of an older one is late.
};

caf::behavior client_actor(caf::event_based_actor* self, client_options options) {
  if (!options.transport)
    options.transport = caf::actor_cast<caf::actor>(self->system().middleman().actor_handle());
  if (options.inbox)
    options.inbox->bind(self);
  auto state = std::make_shared<client_state>(self, std::move(options));
  self->set_error_handler([](caf::error&) {});
  self->set_default_handler(caf::drop);
  self->set_down_handler([state](caf::down_msg& what) { state->down(what); });
  self->set_exit_handler([self, state](caf::exit_msg& what) {
    state->close();
    self->quit(what.reason);
  });
  state->dial(0);
  return {
      [state](drain_atom) { state->drain(); },
      [state](submit_atom, task_spec& task) { state->submit(std::move(task)); },
      [state](await_atom, task_id id) { state->await(id); },
      [state](welcome_atom, const envelope& from) { state->welcome(from); },
      [state](submitted_atom, const envelope& from) { state->submitted_came(from); },
      [state](answer_atom, const envelope& from) { state->answer_came(from); },
      [state](dial_atom, std::uint64_t generation) { state->dial(generation); },
      [state](overdue_atom, std::uint64_t generation) { state->overdue(generation); },
      [state](rested_atom, std::uint32_t shard, std::uint64_t sequence) {
        state->rested(shard, sequence);
      },
      [state](tick_atom) { state->tick(); },
  };
}

} // namespace

caf::actor spawn_client(caf::actor_system& system, client_options options) {
  return system.spawn(client_actor, std::move(options));
}

caf::actor spawn_client(caf::actor_system& system, std::string host, std::uint16_t port) {
  client_options options;
  options.host = std::move(host);
  options.port = port;
  options.seed = entropy_seed();
  return spawn_client(system, std::move(options));
}

caf::error to_error(const failure& why) {
  return {static_cast<std::uint8_t>(why.code), caf::atom("belfry"), caf::make_message(why.what)};
}

failure to_failure(const caf::error& why) {
  if (why.category() != caf::atom("belfry") || !why.context().match_elements<std::string>())
    return {errc::unavailable, ""};
  return {static_cast<errc>(why.code()), why.context().get_as<std::string>(0)};
}

} // namespace belfry
