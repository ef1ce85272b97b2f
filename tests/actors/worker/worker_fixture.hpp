#pragma once

#include "worker/worker.hpp"

#include "support/actor_fixture.hpp"
#include "support/manual_executor.hpp"
#include "wire/envelope.hpp"
#include "wire/messages.pb.h"

#include <catch2/catch.hpp>

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace belfry::test {

/// A worker with two slots; the test is its node.
struct worker_fixture : actor_fixture {
  static constexpr duration lease{10'000};
  static constexpr shard_id shard{3};

  manual_executor handlers;
  std::optional<probe> router{std::in_place, system};
  caf::actor worker;
  worker_options options;

  worker_fixture() {
    options.router = adopt(router->actor());
    options.name = "ann";
    options.kinds = {"bake", "wash"};
    options.slots = 2;
    options.prefetch = 3;
    options.seed = 5;
    options.run_executor = &handlers;
    handlers.clock = [this] { return scheduler.clock().now().time_since_epoch(); };
    options.grace = duration{2'000};
    options.drain_timeout = duration{30'000};
  }

  void start() {
    worker = adopt(spawn_worker(system, options));
    run();
  }
  static constexpr std::uint32_t shard_count = 4;

  void welcome(std::uint64_t attach_generation = 0) {
    wire::Welcome message;
    message.set_shard_count(shard_count);
    message.set_attach_generation(attach_generation);
    send(welcome_atom::value, message);
  }
  /// With number 0, as from a node of an earlier version.
  void attached(std::uint64_t number = 0) {
    wire::Attached answer;
    answer.set_number(number);
    answer.set_lease_ms(static_cast<std::uint32_t>(lease.count()));
    send(attached_atom::value, answer);
  }
  /// As from a node of the present version, which acknowledges heartbeats.
  void attached_acking_heartbeats() {
    wire::Attached answer;
    answer.set_number(attaches().back().number());
    answer.set_lease_ms(static_cast<std::uint32_t>(lease.count()));
    answer.set_answers_heartbeats(true);
    send(attached_atom::value, answer);
  }
  void heartbeat_acked(std::uint64_t number) {
    wire::HeartbeatAck answer;
    answer.set_number(number);
    send(heartbeat_ack_atom::value, answer);
  }
  /// Starts the worker and attaches it to the node.
  void join() {
    start();
    welcome();
    attached();
  }
  /// The router dies; the worker connects to the same address again.
  void lose_router() {
    caf::anon_send_exit(router->actor(), caf::exit_reason::kill);
    run();
  }

  static wire::Run task(std::uint64_t token, const std::string& kind = "wash",
                        duration timeout = duration{0}) {
    wire::Run run;
    run.set_task(task_id::of(shard, token).value);
    run.set_token(token);
    run.set_attempt(1);
    run.set_kind(kind);
    run.set_timeout_ms(timeout.count());
    return run;
  }
  void grant(const std::vector<wire::Run>& runs) { grant_dated(runs, 0, duration{0}); }
  /// The node had heard the worker's message of this number `heard_ago` before it sent the grant;
  /// number 0: it does not tell.
  void grant_dated(const std::vector<wire::Run>& runs, std::uint64_t heard_number,
                   duration heard_ago) {
    wire::Grant granted;
    granted.set_shard(shard.value);
    granted.set_heard_number(heard_number);
    granted.set_heard_ms_ago(static_cast<std::uint32_t>(heard_ago.count()));
    for (const auto& run : runs)
      *granted.add_runs() = run;
    send(grant_atom::value, granted);
  }
  void revoke(std::uint64_t token, bool only_unstarted = false) {
    wire::Revoke message;
    message.set_only_unstarted(only_unstarted);
    auto* run = message.add_runs();
    run->set_task(task_id::of(shard, token).value);
    run->set_token(token);
    send(revoke_atom::value, message);
  }
  void end(run_result result = run_result::success("done")) {
    handlers.finish_oldest(std::move(result));
    run();
  }
  void confirm(std::uint64_t sequence) {
    wire::ReportAck answer;
    answer.set_shard(shard.value);
    answer.set_sequence(sequence);
    send(report_ack_atom::value, answer);
  }
  void stop() {
    caf::anon_send(worker, stop_atom::value);
    run();
  }
  template <class Atom>
  void send(Atom type, const google::protobuf::MessageLite& message) {
    caf::anon_send(worker, type, envelope{wire::seal(message), 0});
    run();
  }

  /// What the worker has sent to its node, of one kind.
  template <class Message, class Atom>
  std::vector<Message> sent(Atom) {
    std::vector<Message> all;
    for (const auto& sealed : router->template all<Atom, envelope>())
      REQUIRE(wire::open(sealed.template get_as<envelope>(1).bytes, all.emplace_back()));
    return all;
  }
  std::vector<wire::Hello> hellos() { return sent<wire::Hello>(hello_atom{}); }
  std::vector<wire::Attach> attaches() { return sent<wire::Attach>(attach_atom{}); }
  std::vector<wire::Heartbeat> heartbeats() { return sent<wire::Heartbeat>(heartbeat_atom{}); }
  std::vector<wire::Report> reports() { return sent<wire::Report>(report_atom{}); }
  std::uint32_t credits() {
    std::uint32_t sum = 0;
    for (const auto& credit : sent<wire::Credit>(credit_atom{}))
      sum += credit.count();
    return sum;
  }
  /// The outcomes of all reports, in order; a report that is sent again counts again.
  std::vector<wire::RunOutcome> outcomes() {
    std::vector<wire::RunOutcome> all;
    for (const auto& report : reports())
      all.insert(all.end(), report.outcomes().begin(), report.outcomes().end());
    return all;
  }
  bool is_alive() {
    return !caf::actor_cast<caf::abstract_actor*>(worker)->getf(
        caf::abstract_actor::is_cleaned_up_flag);
  }
};

} // namespace belfry::test
