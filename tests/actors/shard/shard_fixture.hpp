#pragma once

#include "shard/shard.hpp"

#include "belfry/actors/protocol.hpp"

#include "base/actor_basics.hpp"
#include "base/local_messages.hpp"
#include "support/actor_fixture.hpp"

#include "wire/codec.hpp"
#include "wire/envelope.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

namespace belfry {

/// A shard whose client, worker, dispatcher and journal keeper are the test.
struct shard_fixture : test::actor_fixture {
  static constexpr std::uint16_t number = 2;

  test::transcript log; // Of the four peers.
  test::probe keeper{system, &log};
  test::probe dispatcher{system, &log};
  test::probe client{system, &log};
  test::probe worker{system, &log};
  caf::actor subject;
  std::optional<caf::error> end;
  std::uint64_t sequence = 0;

  ~shard_fixture() { kill_owned(); }

  shard_options options() {
    return {.shard = {number}, .time = time, .seed = 1, .submits = {}, .runs = {}};
  }

  void start(shard_options chosen) {
    for (const auto* peer : {&keeper, &dispatcher, &client, &worker})
      adopt(peer->actor());
    subject = adopt(system.spawn(shard_actor, std::move(chosen)));
    subject->attach_functor([this](const caf::error& reason) { end = reason; });
    tell(dispatcher, child_started{"dispatcher", 0, dispatcher.actor()});
    run();
  }
  void recover() {
    tell(keeper, child_started{"journal_keeper", 0, keeper.actor()});
    tell(keeper, shard_acquired{.outcome = {}, .ownership = {.epoch = 1, .head = 1}});
    tell(keeper, snapshot_chunk{.outcome = {}, .position = 1, .objects = {}, .is_end = true});
    tell(keeper, journal_chunk{.outcome = {}, .next = 1, .is_end = true, .batches = {}});
  }
  void serve() {
    start(options());
    recover();
    keeper.received().clear();
    log.clear();
  }
  /// Refuses new work while more bytes than that are not yet written.
  void serve_with_pending_max(std::size_t bytes) {
    auto limited = options();
    limited.limits.pending_bytes_max = bytes;
    start(limited);
    recover();
  }

  template <class... Parts>
  void tell(const test::probe& from, Parts&&... parts) {
    caf::send_as(from.actor(), subject, std::forward<Parts>(parts)...);
    run();
  }
  template <class Atom>
  void tell_sealed(const test::probe& from, Atom kind,
                   const google::protobuf::MessageLite& message) {
    tell(from, kind, envelope{wire::seal(message), number});
  }

  void submit(task_spec spec) { submit(std::vector{std::move(spec)}); }
  /// The dispatcher, if it is asked, grants nothing.
  void submit(const std::vector<task_spec>& specs) {
    send_submit(specs);
    if (is_dispatcher_asked())
      tell(dispatcher, flush_atom::value);
  }
  [[nodiscard]] bool is_dispatcher_asked() const {
    const auto updates = dispatcher.all<lane_update>();
    return !updates.empty() && updates.back().get_as<lane_update>(0).wants_flush;
  }
  void send_submit(const std::vector<task_spec>& specs) {
    wire::Submit batch;
    batch.set_client(7);
    batch.set_sequence(++sequence);
    batch.set_shard(number);
    for (const auto& spec : specs)
      wire::write(spec, *batch.add_tasks());
    tell_sealed(client, submit_atom::value, batch);
  }
  static task_spec spec(duration delay = duration{0}) {
    task_spec task;
    task.kind = "wash";
    task.payload = "shirts";
    task.delay = delay;
    return task;
  }
  void ask(wire::Request request) {
    request.set_correlation(99);
    request.set_shard(number);
    tell_sealed(client, request_atom::value, request);
  }
  /// Makes the journal longer, but not the next snapshot.
  void set_weight(std::uint32_t weight) {
    wire::Request request;
    request.mutable_set_queue()->set_queue("default");
    request.mutable_set_queue()->set_weight(weight);
    ask(request);
  }

  /// The batches that the shard wants written.
  [[nodiscard]] std::vector<write_batch> batches() const {
    std::vector<write_batch> found;
    for (auto& message : keeper.all<write_batch>())
      found.push_back(message.get_as<write_batch>(0));
    return found;
  }
  void written(storage_status outcome = {}, bool has_space = true) {
    tell(keeper,
         batch_written{.outcome = std::move(outcome), .has_space = has_space, .refused = {}});
  }

  /// The storage refuses the last batch for now.
  void refuse_write(storage_code code, const std::string& text) {
    tell(keeper, batch_written{.outcome = {code, text},
                               .has_space = code != storage_code::no_space,
                               .refused = batches().back().batch});
  }

  /// The messages of one kind that `receiver` has got.
  template <class Message, class Atom>
  [[nodiscard]] static std::vector<Message> messages_to(const test::probe& receiver) {
    std::vector<Message> found;
    const std::vector<caf::message> messages = receiver.all<Atom, envelope>();
    for (const auto& message : messages) {
      Message content;
      REQUIRE(wire::open(message.get_as<envelope>(1).bytes, content));
      found.push_back(std::move(content));
    }
    return found;
  }
  /// The next message that a peer receives is `Parts`, sent by the shard to `receiver`.
  template <class... Parts>
  caf::message expect(const test::probe& receiver) {
    return log.expect<Parts...>(subject, receiver.actor());
  }
  [[nodiscard]] std::vector<wire::Submitted> submitted() const {
    return messages_to<wire::Submitted, submitted_atom>(client);
  }
  /// The number of batches that were accepted.
  [[nodiscard]] std::size_t acknowledged() const {
    const auto answers = submitted();
    return static_cast<std::size_t>(
        std::count_if(answers.begin(), answers.end(),
                      [](const wire::Submitted& answer) { return !answer.has_failure(); }));
  }
  [[nodiscard]] std::vector<wire::Response> answers() const {
    return messages_to<wire::Response, response_atom>(client);
  }
  [[nodiscard]] std::vector<wire::Grant> grants() const { return grants(worker); }
  [[nodiscard]] static std::vector<wire::Grant> grants(const test::probe& receiver) {
    return messages_to<wire::Grant, grant_atom>(receiver);
  }
  [[nodiscard]] static std::vector<wire::Revoke> revokes(const test::probe& receiver) {
    return messages_to<wire::Revoke, revoke_atom>(receiver);
  }

  /// Submits a task and lets it be written; returns its id.
  std::uint64_t accept(task_spec task) {
    submit(std::move(task));
    written();
    return submitted().back().outcomes(0).id();
  }
  void attach(const test::probe& attached, std::vector<granted_run> held = {}) {
    tell(dispatcher, worker_attached{{5}, attached.actor(), std::move(held)});
  }
  /// The dispatcher asks for one task.
  void request_grant() { tell(dispatcher, grant_tasks{{5}, "default", "wash", 1}); }
  [[nodiscard]] tasks_granted last_granted() const {
    return dispatcher.all<tasks_granted>().back().get_as<tasks_granted>(0);
  }
  /// Grants one task to the worker and lets its start be written; returns its token.
  std::uint64_t grant_one() {
    attach(worker);
    request_grant();
    written();
    return grants().back().runs(0).token();
  }
  void report(std::uint64_t task, std::uint64_t token, int verdict = 0) {
    wire::Report report;
    report.set_session(5);
    report.set_shard(number);
    report.set_sequence(1);
    auto& outcome = *report.add_outcomes();
    outcome.set_task(task);
    outcome.set_token(token);
    outcome.set_output("clean");
    outcome.set_verdict(static_cast<wire::RunOutcome::Verdict>(verdict));
    tell_sealed(worker, report_atom::value, report);
  }
};

} // namespace belfry
