#include "shard_fixture.hpp"

#include "wire/event_codec.hpp"

using namespace belfry;
using namespace std::chrono_literals;

TEST_CASE_METHOD(shard_fixture, "a task is accepted only when its batch is written", "[shard]") {
  serve();
  submit(spec());
  REQUIRE(batches().size() == 1);
  CHECK(batches()[0].level == durability::durable);
  CHECK(batches()[0].batch.first == 1);
  CHECK(submitted().empty());
  written();
  REQUIRE(submitted().size() == 1);
  CHECK(submitted()[0].outcomes(0).id() == task_id::of({number}, 1).value);
}

TEST_CASE_METHOD(shard_fixture, "one batch is under way, the next one gathers", "[shard]") {
  serve();
  submit(spec());
  submit(spec());
  submit(spec());
  CHECK(batches().size() == 1);
  written();
  REQUIRE(batches().size() == 2);
  CHECK(batches()[1].batch.first == batches()[0].batch.first + batches()[0].batch.count);
  CHECK(submitted().size() == 1);
  written();
  CHECK(submitted().size() == 3);
}

TEST_CASE_METHOD(shard_fixture, "a shard that recovers takes no work", "[shard]") {
  start(options());
  submit(spec());
  REQUIRE(submitted().size() == 1);
  CHECK(submitted()[0].failure().code() == static_cast<std::uint32_t>(errc::unavailable));
  CHECK(submitted()[0].failure().retry_after_ms() > 0);
  wire::Request about;
  about.mutable_queues();
  ask(about);
  CHECK(answers().at(0).failure().code() == static_cast<std::uint32_t>(errc::unavailable));
}

TEST_CASE_METHOD(shard_fixture, "a failed write acknowledges nothing and ends the shard",
                 "[shard]") {
  serve();
  submit(spec());
  written({storage_code::io_error, "fsync failed"});
  CHECK(submitted().empty());
  CHECK(end.has_value());
}

TEST_CASE_METHOD(shard_fixture, "a full disk refuses new work and keeps what is decided",
                 "[shard]") {
  serve();
  const auto id = accept(spec());
  const auto token = grant_one();
  const auto before = batches().size();
  report(id, token);
  REQUIRE(batches().size() == before + 1);
  auto refused = batches().back().batch;
  tell(keeper, batch_written{{storage_code::no_space, "full"}, false, refused});

  submit(spec());
  CHECK(submitted().back().failure().code() == static_cast<std::uint32_t>(errc::storage));
  advance(200ms);
  REQUIRE(batches().size() == before + 2);
  CHECK(batches().back().batch.bytes == refused.bytes);
  CHECK(worker.all<report_ack_atom, envelope>().empty());
  written({}, false);
  CHECK(worker.all<report_ack_atom, envelope>().size() == 1);
}

TEST_CASE_METHOD(shard_fixture, "a storage that is away is asked again and gets what is decided",
                 "[shard]") {
  serve();
  submit(spec());
  const auto refused = batches().back().batch;
  tell(keeper, batch_written{{storage_code::unavailable, "away"}, true, refused});
  submit(spec());
  CHECK(submitted().empty());
  advance(200ms);
  REQUIRE(batches().size() == 2);
  CHECK(batches().back().batch.bytes == refused.bytes);
  written();
  written();
  CHECK(submitted().size() == 2);
}

TEST_CASE_METHOD(shard_fixture, "a write in doubt acknowledges nothing and ends the shard",
                 "[shard]") {
  serve();
  submit(spec());
  written({storage_code::in_doubt, "no answer came"});
  CHECK(submitted().empty());
  REQUIRE(end.has_value());
  CHECK_FALSE(is_permanent_failure(*end));
}

TEST_CASE_METHOD(shard_fixture, "a shard that another has taken over ends for good", "[shard]") {
  serve();
  submit(spec());
  written({storage_code::fenced, "epoch 2 has it"});
  CHECK(submitted().empty());
  REQUIRE(end.has_value());
  CHECK(is_permanent_failure(*end));
}

TEST_CASE_METHOD(shard_fixture, "no snapshot is taken while it would be as long as the journal",
                 "[shard]") {
  auto with = options();
  with.limits.journal_bytes_max = 1'000;
  start(with);
  recover();
  auto brief = spec(1h);
  brief.retention = 0ms;
  std::vector<std::uint64_t> ids;
  for (int i = 0; i < 100; ++i)
    ids.push_back(accept(brief));
  CHECK(keeper.all<put_objects>().empty());
  for (const auto id : ids) {
    wire::Request about;
    about.mutable_cancel()->set_id(id);
    ask(about);
    written();
  }
  advance(1s); // They are forgotten.
  accept(brief);
  CHECK_FALSE(keeper.all<put_objects>().empty());
}

TEST_CASE_METHOD(shard_fixture, "a snapshot that cannot be kept now is made anew later",
                 "[shard]") {
  auto with = options();
  with.limits.journal_bytes_max = 1;
  start(with);
  recover();
  keeper.heard().clear();
  submit(spec());
  written();
  REQUIRE(keeper.all<put_objects>().size() == 1);
  SECTION("its parts") {
    tell(keeper, objects_put{{storage_code::unavailable, "away"}});
  }
  SECTION("its commit") {
    tell(keeper, objects_put{});
    advance(10ms);
    REQUIRE(keeper.all<commit_snapshot>().size() == 1);
    tell(keeper, snapshot_committed{{storage_code::unavailable, "away"}});
  }
  for (std::uint32_t i = 1; i < 20; ++i) {
    weigh(i);
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

TEST_CASE_METHOD(shard_fixture, "a shard asks whether there is room again before it takes work",
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

TEST_CASE_METHOD(shard_fixture, "a batch that is known already takes no room for new work",
                 "[shard]") {
  serve_with_room_for(300);
  auto big = spec();
  big.payload.assign(500, 'x');
  accept(big);
  for (int repeat = 0; repeat < 2; ++repeat) {
    --sequence;
    submit(big);
    CHECK_FALSE(submitted().back().has_failure());
  }
  submit(spec());
  written();
  CHECK_FALSE(submitted().back().has_failure());
}

TEST_CASE_METHOD(shard_fixture, "too much that is not written yet refuses new work, not reports",
                 "[shard]") {
  serve_with_room_for(300);
  auto big = spec();
  big.payload = std::string(400, 'x');
  submit(big);
  submit(spec());
  CHECK(submitted().back().failure().code() == static_cast<std::uint32_t>(errc::overloaded));
  written();
  const auto token = grant_one();
  submit(big);
  report(task_id::of({number}, 1).value, token);
  written();
  written();
  CHECK(worker.all<report_ack_atom, envelope>().size() == 1);
}

TEST_CASE_METHOD(shard_fixture, "a due task is told to the dispatcher at its instant", "[shard]") {
  serve();
  accept(spec(5s));
  dispatcher.heard().clear();
  advance(4'990ms);
  CHECK(dispatcher.all<lane_update>().empty());
  advance(20ms);
  const auto told = dispatcher.all<lane_update>();
  REQUIRE(told.size() == 1);
  const auto& lanes = told[0].get_as<lane_update>(0).lanes;
  REQUIRE(lanes.size() == 1);
  CHECK(lanes[0].kind == "wash");
  CHECK(lanes[0].waiting == 1);
}

TEST_CASE_METHOD(shard_fixture, "who waits for a task hears when it has settled", "[shard]") {
  serve();
  const auto id = accept(spec());
  wire::Request about;
  about.mutable_wait()->set_id(id);
  ask(about);
  ask(about);
  const auto token = grant_one();
  CHECK(answers().empty());
  report(id, token);
  CHECK(answers().empty());
  written();
  REQUIRE(answers().size() == 1);
  CHECK(answers()[0].correlation() == 99);
  CHECK(answers()[0].task().output() == "clean");
}

TEST_CASE_METHOD(shard_fixture, "nobody sees what is not written", "[shard]") {
  serve();
  submit(spec());
  wire::Request about;
  about.mutable_get()->set_id(task_id::of({number}, 1).value);
  ask(about);
  CHECK(answers().empty());
  written();
  REQUIRE(answers().size() == 1);
  CHECK(answers()[0].task().kind() == "wash");
}

TEST_CASE_METHOD(shard_fixture, "what is asked about a task of another shard is refused",
                 "[shard]") {
  serve();
  const auto alien = task_id::of({number + 1}, task_id{accept(spec())}.serial()).value;
  const auto code_of_answer = [this](const wire::Request& about) {
    client.heard().clear();
    ask(about);
    return static_cast<errc>(answers().at(0).failure().code());
  };
  wire::Request about;
  about.mutable_get()->set_id(alien);
  CHECK(code_of_answer(about) == errc::not_found);
  about.mutable_wait()->set_id(alien);
  CHECK(code_of_answer(about) == errc::not_found);
  about.mutable_cancel()->set_id(alien);
  CHECK(code_of_answer(about) == errc::not_found);
  about.mutable_requeue()->set_id(alien);
  CHECK(code_of_answer(about) == errc::not_found);
  about.mutable_explain()->set_id(alien);
  CHECK(code_of_answer(about) == errc::not_found);
  about.mutable_list()->set_after(alien);
  CHECK(code_of_answer(about) == errc::invalid_argument);
}

TEST_CASE_METHOD(shard_fixture, "why a ready task waits is the dispatcher's to say", "[shard]") {
  serve();
  const auto id = accept(spec());
  wire::Request about;
  about.mutable_explain()->set_id(id);
  ask(about);
  const auto asked = dispatcher.all<complete_answer>();
  REQUIRE(asked.size() == 1);
  CHECK(asked[0].get_as<complete_answer>(0).kind == "wash");
  CHECK(asked[0].get_as<complete_answer>(0).client == client.actor());
  CHECK(answers().empty());
}

TEST_CASE_METHOD(shard_fixture, "a paused queue has nothing for the dispatcher", "[shard]") {
  serve();
  accept(spec());
  wire::Request about;
  about.mutable_set_queue()->set_queue("default");
  about.mutable_set_queue()->set_is_paused(true);
  ask(about);
  written();
  CHECK(dispatcher.all<lane_update>().back().get_as<lane_update>(0).lanes.at(0).waiting == 0);
  tell(dispatcher, worker_attached{{5}, worker.actor(), {}});
  tell(dispatcher, grant_tasks{{5}, "default", "wash", 10});
  CHECK(dispatcher.all<tasks_granted>()[0].get_as<tasks_granted>(0).granted == 0);
}

TEST_CASE_METHOD(shard_fixture, "an order from before its shard began is not carried out",
                 "[shard]") {
  serve();
  wire::Request about;
  about.mutable_set_queue()->set_queue("default");
  about.mutable_set_queue()->set_is_paused(true);
  about.set_epoch(0);
  ask(about);
  REQUIRE(answers().size() == 1);
  CHECK(answers()[0].failure().code() == static_cast<std::uint32_t>(errc::unavailable));
  CHECK(answers()[0].epoch() == 1);
  CHECK(batches().empty());

  about.set_epoch(1);
  ask(about);
  CHECK(batches().size() == 1);
}

TEST_CASE_METHOD(shard_fixture, "a queue may ask for less than a sync", "[shard]") {
  serve();
  wire::Request about;
  about.mutable_set_queue()->set_queue("fast");
  about.mutable_set_queue()->set_durability(3);
  ask(about);
  written();
  about.mutable_set_queue()->set_queue("loose");
  about.mutable_set_queue()->set_durability(2);
  ask(about);
  written();
  auto one = spec();
  one.queue = "loose";
  accept(one);
  accept(one);
  CHECK(batches().back().level == durability::relaxed);
  one.queue = "fast";
  const auto before = batches().size();
  submit(one);
  CHECK(batches().size() == before);
  CHECK(submitted().back().outcomes(0).id() != 0);
}

TEST_CASE_METHOD(shard_fixture, "a journal that was opened anew ends the shard", "[shard]") {
  serve();
  test::probe another{system};
  own(another.actor());
  tell(dispatcher, child_started{"journal_keeper", 0, another.actor()});
  CHECK(end.has_value());
}

TEST_CASE_METHOD(shard_fixture, "a journal that ends early is refused", "[shard]") {
  start(options());
  tell(keeper, child_started{"journal_keeper", 0, keeper.actor()});
  tell(keeper, shard_acquired{{}, {1, 5}});
  tell(keeper, snapshot_chunk{{}, 1, {}, true});
  tell(keeper, journal_chunk{{}, 3, true, {}});
  CHECK(end.has_value());
}

TEST_CASE_METHOD(shard_fixture, "bytes that mean nothing change nothing", "[shard]") {
  serve();
  tell(client, submit_atom::value, envelope{{'x', 'y', 'z', '!', '?'}, number});
  tell(client, request_atom::value, envelope{{}, number});
  tell(client, report_atom::value, envelope{std::vector<char>(100), number});
  CHECK_FALSE(end.has_value());
  accept(spec());
  CHECK(submitted().size() == 1);
}

TEST_CASE_METHOD(shard_fixture, "a shard tells the outbox which queues accept anywhere",
                 "[shard]") {
  serve();
  test::probe outbox{system};
  own(outbox.actor());
  tell(outbox, child_started{"outbox", 0, outbox.actor()});
  const auto told = [&] { return outbox.all<outbox_queues>(); };
  REQUIRE(told().size() == 1);
  CHECK(told()[0].get_as<outbox_queues>(0).queues.empty());

  wire::Request about;
  about.mutable_set_queue()->set_queue("mail");
  about.mutable_set_queue()->set_accepts_anywhere(true);
  ask(about);
  CHECK(told().size() == 1); // Not before it is written.
  written();
  REQUIRE(told().size() == 2);
  CHECK(told()[1].get_as<outbox_queues>(0).queues == std::set<std::string>{"mail"});
}
