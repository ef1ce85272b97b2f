// How a shard answers when its journal refuses a batch, and when it takes snapshots.
#include "shard_fixture.hpp"

using namespace belfry;
using namespace std::chrono_literals;

TEST_CASE_METHOD(shard_fixture, "a failed write acknowledges nothing and ends the shard",
                 "[shard]") {
  serve();
  submit(spec());
  written({storage_code::io_error, "fsync failed"});
  CHECK(acknowledged() == 0);
  CHECK(end.has_value());
}

TEST_CASE_METHOD(shard_fixture, "a shard that fails has its clients repeat what is not written",
                 "[shard]") {
  serve();
  const auto id = accept(spec(1h));
  log.clear();
  submit(spec());
  wire::Request request;
  request.mutable_cancel()->set_id(id);
  ask(request);
  const auto in_flight = sequence;
  submit(spec());
  written({storage_code::in_doubt, "no answer"});

  REQUIRE(submitted().size() >= 2);
  for (const auto& answer : {submitted().end()[-2], submitted().end()[-1]}) {
    CHECK(answer.failure().code() == static_cast<std::uint32_t>(errc::unavailable));
    CHECK(answer.failure().retry_after_ms() > 0);
    CHECK(answer.client() == 7);
  }
  CHECK(submitted().end()[-2].sequence() == in_flight);
  CHECK(submitted().end()[-1].sequence() == in_flight + 1);
  const auto responses = answers();
  REQUIRE_FALSE(responses.empty());
  CHECK(responses.back().correlation() == 99);
  CHECK(responses.back().failure().retry_after_ms() > 0);
}

TEST_CASE_METHOD(shard_fixture, "a stopped shard has its clients repeat what is not written",
                 "[shard]") {
  serve();
  submit(spec());
  caf::anon_send_exit(subject, caf::exit_reason::user_shutdown);
  run();

  REQUIRE(submitted().size() == 1);
  CHECK(submitted()[0].failure().code() == static_cast<std::uint32_t>(errc::unavailable));
  CHECK(submitted()[0].failure().retry_after_ms() > 0);
  CHECK(end.has_value());
}

TEST_CASE_METHOD(shard_fixture, "a full disk refuses new work and loses no decision", "[shard]") {
  serve();
  const auto id = accept(spec());
  const auto token = grant_one();
  const auto before = batches().size();
  report(id, token);
  REQUIRE(batches().size() == before + 1);
  auto refused = batches().back().batch;
  tell(keeper, batch_written{.outcome = {storage_code::no_space, "full"},
                             .has_space = false,
                             .refused = refused});

  submit(spec());
  CHECK(submitted().back().failure().code() == static_cast<std::uint32_t>(errc::storage));
  advance(200ms);
  REQUIRE(batches().size() == before + 2);
  CHECK(batches().back().batch.bytes == refused.bytes);
  CHECK(worker.all<report_ack_atom, envelope>().empty());
  written({}, false);
  CHECK(worker.all<report_ack_atom, envelope>().size() == 1);
}

TEST_CASE_METHOD(shard_fixture,
                 "a batch that unavailable storage refused is written when it is available",
                 "[shard]") {
  serve();
  submit(spec());
  const auto refused = batches().back().batch;
  refuse_write(storage_code::unavailable, "unreachable");
  submit(spec());
  CHECK(acknowledged() == 0);
  advance(200ms);
  REQUIRE(batches().size() == 2);
  CHECK(batches().back().batch.bytes == refused.bytes);
  written();
  written();
  CHECK(acknowledged() == 2);
}

TEST_CASE_METHOD(shard_fixture, "a client learns that its task waits for the storage", "[shard]") {
  const auto code = GENERATE(storage_code::no_space, storage_code::unavailable);
  serve();
  submit(spec());
  for (int i = 0; i < 3; ++i) {
    refuse_write(code, "as it says");
    advance(200ms);
  }
  REQUIRE(submitted().size() == 1);
  CHECK(submitted()[0].sequence() == sequence);
  CHECK(submitted()[0].failure().code() == static_cast<std::uint32_t>(errc::unavailable));
  CHECK(submitted()[0].failure().what() == "shard 2 waits for its storage: as it says");
  CHECK(submitted()[0].failure().retry_after_ms() >= 1'000);

  --sequence;
  submit(spec()); // The client repeats the batch.
  CHECK(submitted().size() == 2);
  CHECK(acknowledged() == 0);
  written();
  CHECK(acknowledged() == 1);
  CHECK(submitted().size() == 3);
}

TEST_CASE_METHOD(shard_fixture, "a copy of a batch is refused once, though its shard fails later",
                 "[shard]") {
  serve();
  submit(spec());
  refuse_write(storage_code::unavailable, "unreachable");
  REQUIRE(submitted().size() == 1);
  advance(200ms);
  refuse_write(storage_code::in_doubt, "no answer");
  CHECK(submitted().size() == 1); // A client counts the refusals of the copies that it has sent.
}

TEST_CASE_METHOD(shard_fixture, "a full storage refuses new tasks until it has taken a write",
                 "[shard]") {
  serve();
  submit(spec());
  refuse_write(storage_code::no_space, "full");
  tell(keeper, space_checked{true}); // As a database says that has not been asked lately.
  submit(spec());
  CHECK(submitted().back().failure().code() == static_cast<std::uint32_t>(errc::storage));
  written();
  submit(spec());
  written();
  CHECK(acknowledged() == 2);
}

TEST_CASE_METHOD(shard_fixture, "queries are answered while the storage refuses to write",
                 "[shard]") {
  serve();
  const auto scheduled = accept(spec(1h));
  const auto ready = accept(spec());
  submit(spec());
  refuse_write(storage_code::no_space, "full");
  std::vector<wire::Request> queries(4);
  queries[0].mutable_list()->set_limit(10);
  queries[1].mutable_queues();
  queries[2].mutable_schedules();
  queries[3].mutable_explain()->set_id(scheduled);
  for (const auto& query : queries) {
    client.received().clear();
    ask(query);
    REQUIRE(answers().size() == 1);
    CHECK_FALSE(answers()[0].has_failure());
    CHECK(answers()[0].unwritten_reason() == "shard 2 waits for its storage: full");
  }
  wire::Request explain;
  explain.mutable_explain()->set_id(ready);
  ask(explain);
  const auto completed = dispatcher.all<complete_answer>();
  REQUIRE(completed.size() == 1);
  CHECK_FALSE(completed[0].get_as<complete_answer>(0).answer.unwritten_reason().empty());
}

TEST_CASE_METHOD(shard_fixture, "what programs act upon is told only when it is written",
                 "[shard]") {
  serve();
  const auto id = accept(spec());
  submit(spec());
  refuse_write(storage_code::no_space, "full");
  client.received().clear();
  wire::Request request;
  SECTION("a task") {
    request.mutable_get()->set_id(id);
  }
  SECTION("a command") {
    request.mutable_cancel()->set_id(id);
  }
  ask(request);
  REQUIRE(answers().size() == 1);
  CHECK(answers()[0].failure().what() == "shard 2 waits for its storage: full");
  CHECK(answers()[0].failure().retry_after_ms() > 0);
  written();
  if (answers().size() == 1)
    written(); // The command was in the next batch.
  REQUIRE(answers().size() == 2);
  CHECK_FALSE(answers()[1].has_failure());
  CHECK(answers()[1].unwritten_reason().empty());
}

TEST_CASE_METHOD(shard_fixture, "a write in doubt acknowledges nothing and ends the shard",
                 "[shard]") {
  serve();
  submit(spec());
  written({storage_code::in_doubt, "no answer"});
  CHECK(acknowledged() == 0);
  REQUIRE(end.has_value());
  CHECK_FALSE(is_permanent_failure(*end));
}

TEST_CASE_METHOD(shard_fixture, "a shard that another node has taken over ends permanently",
                 "[shard]") {
  serve();
  submit(spec());
  written({storage_code::fenced, "epoch 2 has it"});
  CHECK(acknowledged() == 0);
  REQUIRE(end.has_value());
  CHECK(is_permanent_failure(*end));
}

TEST_CASE_METHOD(shard_fixture, "no snapshot is taken while it would be as long as the journal",
                 "[shard]") {
  auto chosen = options();
  chosen.limits.journal_bytes_max = 1'000;
  start(chosen);
  recover();
  auto brief = spec(1h);
  brief.retention = 0ms;
  std::vector<std::uint64_t> ids;
  for (int i = 0; i < 100; ++i)
    ids.push_back(accept(brief));
  CHECK(keeper.all<put_objects>().empty());
  for (const auto id : ids) {
    wire::Request request;
    request.mutable_cancel()->set_id(id);
    ask(request);
    written();
  }
  advance(1s); // They are forgotten.
  accept(brief);
  CHECK_FALSE(keeper.all<put_objects>().empty());
}

TEST_CASE_METHOD(shard_fixture, "a snapshot that fails for now is taken again later", "[shard]") {
  auto chosen = options();
  chosen.limits.journal_bytes_max = 1;
  start(chosen);
  recover();
  keeper.received().clear();
  submit(spec());
  written();
  REQUIRE(keeper.all<put_objects>().size() == 1);
  SECTION("its objects are not put") {
    tell(keeper, objects_put{{storage_code::unavailable, "unreachable"}});
  }
  SECTION("it is not committed") {
    tell(keeper, objects_put{});
    advance(10ms);
    REQUIRE(keeper.all<commit_snapshot>().size() == 1);
    tell(keeper, snapshot_committed{{storage_code::unavailable, "unreachable"}});
  }
  for (std::uint32_t i = 1; i < 20; ++i) {
    set_weight(i);
    written();
  }
  REQUIRE(keeper.all<put_objects>().size() == 2);
  tell(keeper, objects_put{});
  advance(10ms);
  tell(keeper, snapshot_committed{});
  const auto& last = keeper.all<commit_snapshot>().back().get_as<commit_snapshot>(0);
  CHECK(last.keys.size() == 2); // The head and the one page.
  CHECK(end == std::nullopt);
}

TEST_CASE_METHOD(shard_fixture, "a shard checks for disk space before it accepts work again",
                 "[shard]") {
  serve();
  submit(spec());
  written({}, false);
  submit(spec());
  CHECK(keeper.all<check_space>().size() == 1);
  tell(keeper, space_checked{true});
  submit(spec());
  written();
  CHECK(submitted().back().outcomes_size() == 1);
}

TEST_CASE_METHOD(shard_fixture, "a journal that was opened again ends the shard", "[shard]") {
  serve();
  test::probe another{system};
  adopt(another.actor());
  tell(dispatcher, child_started{"journal_keeper", 0, another.actor()});
  CHECK(end.has_value());
}

TEST_CASE_METHOD(shard_fixture,
                 "a shard without tasks yet waits for a journal that is opened again", "[shard]") {
  start(options());
  tell(keeper, child_started{"journal_keeper", 0, keeper.actor()});
  test::probe another{system};
  adopt(another.actor());
  SECTION("the first one has not answered") {
    tell(dispatcher, child_started{"journal_keeper", 0, another.actor()});
  }
  SECTION("the storage could not be reached") {
    tell(keeper,
         shard_acquired{.outcome = {storage_code::unavailable, "unreachable"}, .ownership = {}});
    tell(dispatcher, child_started{"journal_keeper", 0, another.actor()});
    CHECK(another.all<acquire_shard>().empty());
    advance(200ms);
  }
  CHECK_FALSE(end.has_value());
  CHECK(another.all<acquire_shard>().size() == 1);
}

TEST_CASE_METHOD(shard_fixture, "a journal that ends early is refused", "[shard]") {
  start(options());
  tell(keeper, child_started{"journal_keeper", 0, keeper.actor()});
  tell(keeper, shard_acquired{.outcome = {}, .ownership = {.epoch = 1, .head = 5}});
  tell(keeper, snapshot_chunk{.outcome = {}, .position = 1, .objects = {}, .is_end = true});
  tell(keeper, journal_chunk{.outcome = {}, .next = 3, .is_end = true, .batches = {}});
  CHECK(end.has_value());
}
