#include "client/client_state.hpp"

#include "wire/codec.hpp"
#include "wire/shard_of.hpp"

#include <caf/response_promise.hpp>

#include <algorithm>
#include <utility>

namespace belfry {

namespace {

std::uint32_t ticks_of(duration span, duration tick) {
  return static_cast<std::uint32_t>(std::max<std::int64_t>(1, span / tick));
}

links_options links_of(const client_options& options) {
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

} // namespace

client_state::client_state(caf::event_based_actor* self, client_options options)
    : self_(self), options_(std::move(options)), random_(options_.seed),
      links_(self, links_of(options_), random_, listener()),
      submits_({std::max<std::uint64_t>(1, random_.next())},
               {options_.batch_max, options_.bytes_max, ticks_of(options_.resend, options_.tick),
                ticks_of(options_.defer_after, options_.tick)}),
      requests_(ticks_of(options_.resend, options_.tick)) {}

void client_state::on_inbox_ready() {
  for (auto& call : options_.inbox->take())
    std::visit([&](auto& request) { start(request); }, call);
  pump();
}

void client_state::on_submit(task_spec task) {
  auto promise = self_->make_response_promise();
  submits_.add(std::move(task), [promise](result<submitted> outcome) mutable {
    if (outcome)
      promise.deliver(*outcome);
    else
      promise.deliver(to_error(outcome.error()));
  });
  pump();
}

void client_state::on_await(task_id id) {
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

void client_state::on_welcome(const envelope& from) {
  wire::Welcome message;
  if (!wire::open(from.bytes, message))
    return;
  if (message.has_failure())
    links_.refused(wire::read(message.failure()));
  else
    links_.welcome(message);
}

void client_state::on_cluster(const envelope& from) {
  wire::Cluster message;
  if (!wire::open(from.bytes, message))
    return;
  links_.update_cluster(message);
  update_outbox_queues();
}

void client_state::on_submitted(const envelope& from) {
  if (!wire::open(from.bytes, submitted_))
    return;
  const auto verdict = submits_.on_submitted(submitted_);
  if (const auto pause = verdict.outcome.pause)
    self_->delayed_send(self_, *pause, retry_atom::value, submitted_.client(), submitted_.shard(),
                        submitted_.sequence());
  settle(verdict.priority, verdict.outcome.settled);
  pump();
}

void client_state::on_response(const envelope& from) {
  wire::Response answer;
  if (!wire::open(from.bytes, answer))
    return;
  const auto correlation = answer.correlation();
  if (const auto pause = requests_.on_response(answer))
    self_->delayed_send(self_, *pause, retry_atom::value, correlation);
}

void client_state::on_retry_submit(client_id as, std::uint32_t shard, std::uint64_t sequence) {
  submits_.resend(as, shard, sequence, submit_sender());
}

void client_state::on_retry_request(std::uint64_t correlation) {
  requests_.resend(correlation, request_sender());
}

void client_state::on_tick() {
  is_ticking_ = false;
  requests_.tick(request_sender(), links_.any_open() ? "" : connect_error_);
  submits_.tick(submit_sender());
  submits_.defer(outbox_sender());
  keep_ticking();
}

void client_state::close() {
  const failure closed{errc::cancelled, "the client is closed"};
  if (options_.inbox)
    for (auto& call : options_.inbox->close())
      refuse(call, closed);
  for (auto& ready : std::exchange(ready_, {}))
    ready.on_result(closed);
  requests_.fail_all(closed);
  fail_submits(closed);
}

void client_state::start(submit_call& call) {
  submits_.add(std::move(call.task), std::move(call.on_result), call.group);
}

void client_state::start(ready_call& call) {
  if (links_.any_open())
    call.on_result(submits_.shard_count());
  else
    ready_.push_back(std::move(call));
}

void client_state::start(flush_call& call) {
  submits_.flush(std::move(call.on_result));
}

void client_state::start(give_up_call& call) {
  const auto settled = submits_.give_up(call.group);
  for (std::size_t i = 0; i < settled.size(); ++i)
    settle(static_cast<priority_class>(i), settled[i]);
  requests_.give_up(call.group, links_.any_open() ? "" : connect_error_);
  if (call.on_result)
    call.on_result(done{});
}

void client_state::start(request_call& call) {
  if (!call.schedule_name.empty() && submits_.shard_count() > 0)
    call.request.set_shard(wire::shard_of_schedule(call.schedule_name, submits_.shard_count()));
  if (wire::is_numbered(call.request))
    call.request.set_command(std::max<std::uint64_t>(1, random_.next()));
  const auto request_timeout = ticks_of(call.request_timeout, options_.tick);
  const auto& kept = requests_.add(std::move(call), request_timeout);
  request_sender()(kept);
}

cluster_links::listener client_state::listener() {
  return {[this](const node_link& link) { on_link_opened(link); }, [](const node_link&) {},
          [this](const std::set<std::uint32_t>& shards) { on_shards_moved(shards); },
          [this](const failure& error) { on_connect_failed(error); },
          [this](const failure& error) { on_refused(error); }};
}

void client_state::update_outbox_queues() {
  if (options_.may_defer)
    submits_.set_outbox_queues(links_.outbox_queues());
}

void client_state::on_link_opened(const node_link& link) {
  update_outbox_queues();
  if (submits_.shard_count() == 0)
    submits_.open(links_.shard_count());
  for (auto& waiting : std::exchange(ready_, {}))
    waiting.on_result(submits_.shard_count());
  resend_for_shards([this, key = link.key](std::uint32_t shard) {
    const auto* to = links_.link_to(shard);
    return to && to->key == key;
  });
}

void client_state::on_shards_moved(const std::set<std::uint32_t>& shards) {
  if (submits_.shard_count() > 0)
    resend_for_shards([&shards](std::uint32_t shard) { return shards.contains(shard); });
}

/// Resends what is open and for one of these shards.
void client_state::resend_for_shards(const std::function<bool(std::uint32_t)>& is_affected) {
  submits_.resend_all(is_affected, submit_sender());
  requests_.resend_all(links_.shard_count(), is_affected, request_sender());
  pump();
}

/// Fails the calls that wait for a connection.
void client_state::on_connect_failed(const failure& error) {
  connect_error_ = error.what;
  for (auto& ready : std::exchange(ready_, {}))
    ready.on_result(error);
}

/// The router has refused this client: open calls fail, later ones try again.
void client_state::on_refused(const failure& error) {
  on_connect_failed(error);
  requests_.fail_all(error);
  fail_submits(error);
}

void client_state::pump() {
  if (links_.any_open()) {
    submits_.pump(submit_sender());
    submits_.defer(outbox_sender());
  }
  keep_ticking();
}

void client_state::keep_ticking() {
  if (is_ticking_ || (submits_.is_idle() && requests_.is_idle()))
    return;
  is_ticking_ = true;
  self_->delayed_send(self_, options_.tick, tick_atom::value);
}

void client_state::settle(priority_class priority, std::size_t count) {
  if (options_.inbox)
    options_.inbox->settle(priority, count);
}

void client_state::fail_submits(const failure& error) {
  const auto failed = submits_.fail_all(error);
  for (std::size_t i = 0; i < failed.size(); ++i)
    settle(static_cast<priority_class>(i), failed[i]);
}

/// Drops it while the shard's owner is unreachable: it is resent when a link opens.
prioritized_submits::sender client_state::submit_sender() {
  return [this](std::uint32_t shard, const std::vector<char>& bytes) {
    if (const auto* to = links_.link_to(shard))
      links_.send(*to, submit_atom::value, envelope{bytes, shard});
  };
}

client_submits::sender client_state::outbox_sender() {
  return [this](std::uint32_t shard, const std::vector<char>& bytes) {
    if (const auto* to = links_.next_outbox())
      links_.send(*to, defer_atom::value, envelope{bytes, shard});
  };
}

client_requests::sender client_state::request_sender() {
  return [this](const wire::Request& request) {
    const bool is_about_node = request.has_status() || request.has_health() ||
                               request.has_cluster() || request.has_drain() || request.has_backup();
    if (const auto* to = is_about_node ? links_.any_open() : links_.link_to(request.shard()))
      links_.send(*to, request_atom::value, envelope{wire::seal(request), request.shard()});
  };
}

} // namespace belfry
