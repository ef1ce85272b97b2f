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
    options.router = own(router->actor());
    options.name = "ann";
    options.kinds = {"bake", "wash"};
    options.slots = 2;
    options.prefetch = 3;
    options.seed = 5;
    options.run_executor = &handlers;
    options.grace = duration{2'000};
    options.patience = duration{30'000};
  }

  void start() {
    worker = own(spawn_worker(system, options));
    run();
  }
  static constexpr std::uint32_t shard_count = 4;

  void welcome(std::uint64_t attach_generation = 0) {
    wire::Welcome word;
    word.set_shard_count(shard_count);
    word.set_attach_generation(attach_generation);
    tell(welcome_atom::value, word);
  }
  /// 0: as a node of an earlier version.
  void attached(std::uint64_t number = 0) {
    wire::Attached answer;
    answer.set_number(number);
    answer.set_lease_ms(static_cast<std::uint32_t>(lease.count()));
    tell(attached_atom::value, answer);
  }
  /// As the present version does, which answers beats too.
  void attached_for_beats() {
    wire::Attached answer;
    answer.set_number(attaches().back().number());
    answer.set_lease_ms(static_cast<std::uint32_t>(lease.count()));
    answer.set_answers_heartbeats(true);
    tell(attached_atom::value, answer);
  }
  void heard(std::uint64_t number) {
    wire::HeartbeatAck answer;
    answer.set_number(number);
    tell(heartbeat_ack_atom::value, answer);
  }
  /// Starts the worker and makes it one of the node's.
  void join() {
    start();
    welcome();
    attached();
  }
  /// The router dies; the worker finds another one at the address it knows.
  void lose_router() {
    caf::anon_send_exit(router->actor(), caf::exit_reason::kill);
    run();
  }

  static wire::Run task(std::uint64_t token, const std::string& kind = "wash",
                        duration timeout = duration{0}) {
    wire::Run one;
    one.set_task(task_id::of(shard, token).value);
    one.set_token(token);
    one.set_attempt(1);
    one.set_kind(kind);
    one.set_timeout_ms(timeout.count());
    return one;
  }
  void grant(const std::vector<wire::Run>& runs) {
    wire::Grant granted;
    granted.set_shard(shard.value);
    for (const auto& one : runs)
      *granted.add_runs() = one;
    tell(grant_atom::value, granted);
  }
  void revoke(std::uint64_t token, bool only_unstarted = false) {
    wire::Revoke asked;
    asked.set_only_unstarted(only_unstarted);
    auto* one = asked.add_runs();
    one->set_task(task_id::of(shard, token).value);
    one->set_token(token);
    tell(revoke_atom::value, asked);
  }
  void end(run_result how = run_result::success("done")) {
    handlers.end(std::move(how));
    run();
  }
  void confirm(std::uint64_t sequence) {
    wire::ReportAck told;
    told.set_shard(shard.value);
    told.set_sequence(sequence);
    tell(report_ack_atom::value, told);
  }
  void stop() {
    caf::anon_send(worker, stop_atom::value);
    run();
  }
  template <class Atom>
  void tell(Atom what, const google::protobuf::MessageLite& message) {
    caf::anon_send(worker, what, envelope{wire::seal(message), 0});
    run();
  }

  /// What the worker has sent to its node, of one kind.
  template <class Message, class Atom>
  std::vector<Message> sent(Atom) {
    std::vector<Message> all;
    for (const auto& one : router->template all<Atom, envelope>())
      REQUIRE(wire::open(one.template get_as<envelope>(1).bytes, all.emplace_back()));
    return all;
  }
  std::vector<wire::Hello> hellos() { return sent<wire::Hello>(hello_atom{}); }
  std::vector<wire::Attach> attaches() { return sent<wire::Attach>(attach_atom{}); }
  std::vector<wire::Heartbeat> beats() { return sent<wire::Heartbeat>(heartbeat_atom{}); }
  std::vector<wire::Report> reports() { return sent<wire::Report>(report_atom{}); }
  std::uint32_t credits() {
    std::uint32_t sum = 0;
    for (const auto& one : sent<wire::Credit>(credit_atom{}))
      sum += one.count();
    return sum;
  }
  /// All outcomes of all reports, in order; a report sent again counts again.
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
