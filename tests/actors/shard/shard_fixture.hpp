#pragma once

#include "shard/shard.hpp"

#include "belfry/actors/protocol.hpp"

#include "base/actor_basics.hpp"
#include "base/local_messages.hpp"
#include "support/actor_fixture.hpp"

#include "wire/codec.hpp"
#include "wire/envelope.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

namespace belfry {

/// A shard between a client, a worker, a dispatcher and a journal keeper that do only what the test
/// says.
struct shard_fixture : test::actor_fixture {
  static constexpr std::uint16_t number = 2;

  test::probe keeper{system};
  test::probe dispatcher{system};
  test::probe client{system};
  test::probe worker{system};
  caf::actor subject;
  std::optional<caf::error> end;
  std::uint64_t sequence = 0;

  ~shard_fixture() { kill_owned(); }

  shard_options options() {
    return {.shard = {number}, .time = time, .seed = 1, .submits = {}, .runs = {}};
  }

  void start(shard_options with) {
    for (const auto* one : {&keeper, &dispatcher, &client, &worker})
      own(one->actor());
    subject = own(system.spawn(shard_actor, std::move(with)));
    subject->attach_functor([this](const caf::error& why) { end = why; });
    tell(dispatcher, child_started{"dispatcher", 0, dispatcher.actor()});
    run();
  }
  void recover() {
    tell(keeper, child_started{"journal_keeper", 0, keeper.actor()});
    tell(keeper, shard_acquired{{}, {1, 1}});
    tell(keeper, snapshot_chunk{{}, 1, {}, true});
    tell(keeper, journal_chunk{{}, 1, true, {}});
  }
  void serve() {
    start(options());
    recover();
    keeper.heard().clear();
  }
  /// Refuses new work while more bytes than that are to be written.
  void serve_with_room_for(std::size_t bytes) {
    auto with = options();
    with.limits.pending_bytes_max = bytes;
    start(with);
    recover();
  }

  template <class... Parts>
  void tell(const test::probe& from, Parts&&... parts) {
    caf::send_as(from.actor(), subject, std::forward<Parts>(parts)...);
    run();
  }
  template <class Atom>
  void tell_sealed(const test::probe& from, Atom what, const google::protobuf::MessageLite& words) {
    tell(from, what, envelope{wire::seal(words), number});
  }

  void submit(task_spec spec) { submit(std::vector{std::move(spec)}); }
  /// The dispatcher, if it is asked, takes nothing.
  void submit(const std::vector<task_spec>& specs) {
    send_submit(specs);
    if (is_dispatcher_asked())
      tell(dispatcher, flush_atom::value);
  }
  [[nodiscard]] bool is_dispatcher_asked() const {
    const auto told = dispatcher.all<lane_update>();
    return !told.empty() && told.back().get_as<lane_update>(0).wants_flush;
  }
  void send_submit(const std::vector<task_spec>& specs) {
    wire::Submit words;
    words.set_client(7);
    words.set_sequence(++sequence);
    words.set_shard(number);
    for (const auto& spec : specs)
      wire::write(spec, *words.add_tasks());
    tell_sealed(client, submit_atom::value, words);
  }
  static task_spec spec(duration delay = duration{0}) {
    task_spec one;
    one.kind = "wash";
    one.payload = "shirts";
    one.delay = delay;
    return one;
  }
  void ask(wire::Request about) {
    about.set_correlation(99);
    about.set_shard(number);
    tell_sealed(client, request_atom::value, about);
  }
  /// Something that makes the journal longer, and no snapshot.
  void weigh(std::uint32_t weight) {
    wire::Request about;
    about.mutable_set_queue()->set_queue("default");
    about.mutable_set_queue()->set_weight(weight);
    ask(about);
  }

  /// The batches that the shard wants written.
  [[nodiscard]] std::vector<write_batch> batches() const {
    std::vector<write_batch> found;
    for (auto& one : keeper.all<write_batch>())
      found.push_back(one.get_as<write_batch>(0));
    return found;
  }
  void written(storage_status how = {}, bool has_space = true) {
    tell(keeper, batch_written{std::move(how), has_space, {}});
  }

  /// The messages of one kind that `who` got.
  template <class Words, class Atom>
  [[nodiscard]] static std::vector<Words> words_to(const test::probe& who) {
    std::vector<Words> found;
    const std::vector<caf::message> heard = who.all<Atom, envelope>();
    for (const auto& one : heard) {
      Words words;
      REQUIRE(wire::open(one.get_as<envelope>(1).bytes, words));
      found.push_back(std::move(words));
    }
    return found;
  }
  [[nodiscard]] std::vector<wire::Submitted> submitted() const {
    return words_to<wire::Submitted, submitted_atom>(client);
  }
  [[nodiscard]] std::vector<wire::Response> answers() const {
    return words_to<wire::Response, response_atom>(client);
  }
  [[nodiscard]] std::vector<wire::Grant> grants() const { return grants(worker); }
  [[nodiscard]] static std::vector<wire::Grant> grants(const test::probe& to) {
    return words_to<wire::Grant, grant_atom>(to);
  }
  [[nodiscard]] static std::vector<wire::Revoke> revokes(const test::probe& to) {
    return words_to<wire::Revoke, revoke_atom>(to);
  }

  /// One task is accepted; returns its id.
  std::uint64_t accept(task_spec one) {
    submit(std::move(one));
    written();
    return submitted().back().outcomes(0).id();
  }
  void attach(const test::probe& who, std::vector<granted_run> held = {}) {
    tell(dispatcher, worker_attached{{5}, who.actor(), std::move(held)});
  }
  void take() { tell(dispatcher, grant_tasks{{5}, "default", "wash", 1}); }
  [[nodiscard]] tasks_granted accepted() const {
    return dispatcher.all<tasks_granted>().back().get_as<tasks_granted>(0);
  }
  /// It is granted to the worker; returns its token.
  std::uint64_t grant_one() {
    attach(worker);
    take();
    written();
    return grants().back().runs(0).token();
  }
  void report(std::uint64_t task, std::uint64_t token, int verdict = 0) {
    wire::Report words;
    words.set_session(5);
    words.set_shard(number);
    words.set_sequence(1);
    auto& outcome = *words.add_outcomes();
    outcome.set_task(task);
    outcome.set_token(token);
    outcome.set_output("clean");
    outcome.set_verdict(static_cast<wire::RunOutcome::Verdict>(verdict));
    tell_sealed(worker, report_atom::value, words);
  }
};

} // namespace belfry
