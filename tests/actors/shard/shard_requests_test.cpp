// How a shard answers the requests of clients.
#include "shard_fixture.hpp"

using namespace belfry;

TEST_CASE_METHOD(shard_fixture, "a client that waits for a task is answered when it is settled",
                 "[shard]") {
  serve();
  const auto id = accept(spec());
  wire::Request request;
  request.mutable_wait()->set_id(id);
  ask(request);
  ask(request);
  const auto token = grant_one();
  CHECK(answers().empty());
  report(id, token);
  CHECK(answers().empty());
  written();
  REQUIRE(answers().size() == 1);
  CHECK(answers()[0].correlation() == 99);
  CHECK(answers()[0].task().output() == "clean");
}

TEST_CASE_METHOD(shard_fixture, "no client sees a task that is not written", "[shard]") {
  serve();
  submit(spec());
  wire::Request request;
  request.mutable_get()->set_id(task_id::of({number}, 1).value);
  ask(request);
  CHECK(answers().empty());
  written();
  REQUIRE(answers().size() == 1);
  CHECK(answers()[0].task().kind() == "wash");
}

TEST_CASE_METHOD(shard_fixture, "a request about a task of another shard is refused", "[shard]") {
  serve();
  const auto other_task = task_id::of({number + 1}, task_id{accept(spec())}.serial()).value;
  const auto code_of_answer = [this](const wire::Request& request) {
    client.received().clear();
    ask(request);
    return static_cast<errc>(answers().at(0).failure().code());
  };
  wire::Request request;
  request.mutable_get()->set_id(other_task);
  CHECK(code_of_answer(request) == errc::not_found);
  request.mutable_wait()->set_id(other_task);
  CHECK(code_of_answer(request) == errc::not_found);
  request.mutable_cancel()->set_id(other_task);
  CHECK(code_of_answer(request) == errc::not_found);
  request.mutable_requeue()->set_id(other_task);
  CHECK(code_of_answer(request) == errc::not_found);
  request.mutable_explain()->set_id(other_task);
  CHECK(code_of_answer(request) == errc::not_found);
  request.mutable_list()->set_after(other_task);
  CHECK(code_of_answer(request) == errc::invalid_argument);
}

TEST_CASE_METHOD(shard_fixture, "the dispatcher explains why a ready task waits", "[shard]") {
  serve();
  const auto id = accept(spec());
  wire::Request request;
  request.mutable_explain()->set_id(id);
  ask(request);
  const auto requests = dispatcher.all<complete_answer>();
  REQUIRE(requests.size() == 1);
  CHECK(requests[0].get_as<complete_answer>(0).kind == "wash");
  CHECK(requests[0].get_as<complete_answer>(0).client == client.actor());
  CHECK(answers().empty());
}

TEST_CASE_METHOD(shard_fixture, "the dispatcher says what keeps a task beside a paused queue",
                 "[shard]") {
  serve();
  const auto id = accept(spec());
  wire::Request request;
  request.mutable_set_queue()->set_queue("default");
  request.mutable_set_queue()->set_is_paused(true);
  ask(request);
  written();
  wire::Request explain;
  explain.mutable_explain()->set_id(id);
  ask(explain);
  const auto requests = dispatcher.all<complete_answer>();
  REQUIRE(requests.size() == 1);
  const auto& explanation = requests[0].get_as<complete_answer>(0).answer.explanation();
  CHECK(explanation.reason() == "queue_paused");
  CHECK(explanation.text().find("is paused") != std::string::npos);
}

TEST_CASE_METHOD(shard_fixture, "a paused queue publishes no waiting tasks to the dispatcher",
                 "[shard]") {
  serve();
  accept(spec());
  wire::Request request;
  request.mutable_set_queue()->set_queue("default");
  request.mutable_set_queue()->set_is_paused(true);
  ask(request);
  written();
  CHECK(dispatcher.all<lane_update>().back().get_as<lane_update>(0).lanes.at(0).waiting == 0);
  tell(dispatcher, worker_attached{{5}, worker.actor(), {}});
  tell(dispatcher, grant_tasks{{5}, "default", "wash", 10});
  CHECK(dispatcher.all<tasks_granted>()[0].get_as<tasks_granted>(0).granted == 0);
}

TEST_CASE_METHOD(shard_fixture, "a command for an earlier epoch of the shard is refused",
                 "[shard]") {
  serve();
  wire::Request request;
  request.mutable_set_queue()->set_queue("default");
  request.mutable_set_queue()->set_is_paused(true);
  request.set_epoch(0);
  ask(request);
  REQUIRE(answers().size() == 1);
  CHECK(answers()[0].failure().code() == static_cast<std::uint32_t>(errc::unavailable));
  CHECK(answers()[0].epoch() == 1);
  CHECK(batches().empty());

  request.set_epoch(1);
  ask(request);
  CHECK(batches().size() == 1);
}

TEST_CASE_METHOD(shard_fixture, "a queue may choose a durability below a sync", "[shard]") {
  serve();
  wire::Request request;
  request.mutable_set_queue()->set_queue("fast");
  request.mutable_set_queue()->set_durability(3);
  ask(request);
  written();
  request.mutable_set_queue()->set_queue("loose");
  request.mutable_set_queue()->set_durability(2);
  ask(request);
  written();
  auto task = spec();
  task.queue = "loose";
  accept(task);
  accept(task);
  CHECK(batches().back().level == durability::relaxed);
  task.queue = "fast";
  const auto before = batches().size();
  submit(task);
  CHECK(batches().size() == before);
  CHECK(submitted().back().outcomes(0).id() != 0);
}

TEST_CASE_METHOD(shard_fixture, "a shard tells the outbox which queues accept anywhere",
                 "[shard]") {
  serve();
  test::probe outbox{system};
  adopt(outbox.actor());
  tell(outbox, child_started{"outbox", 0, outbox.actor()});
  const auto updates = [&] { return outbox.all<outbox_queues>(); };
  REQUIRE(updates().size() == 1);
  CHECK(updates()[0].get_as<outbox_queues>(0).queues.empty());

  wire::Request request;
  request.mutable_set_queue()->set_queue("mail");
  request.mutable_set_queue()->set_accepts_anywhere(true);
  ask(request);
  CHECK(updates().size() == 1); // Not before it is written.
  written();
  REQUIRE(updates().size() == 2);
  CHECK(updates()[1].get_as<outbox_queues>(0).queues == std::set<std::string>{"mail"});
}

TEST_CASE_METHOD(shard_fixture, "a list with specs ends before it is too large", "[shard]") {
  serve();
  auto task = spec(std::chrono::hours{1});
  task.payload.assign(200'000, 'x');
  std::vector<std::uint64_t> expected;
  for (int i = 0; i < 8; ++i) {
    task.key = "order-" + std::to_string(i);
    expected.push_back(accept(task));
  }
  std::vector<std::uint64_t> listed;
  wire::Request request;
  auto& wanted = *request.mutable_list();
  wanted.set_limit(500);
  wanted.set_wants_specs(true);
  for (bool is_end = false; !is_end;) {
    client.received().clear();
    ask(request);
    REQUIRE(answers().size() == 1);
    const auto page = answers()[0].list();
    REQUIRE(page.tasks_size() > 0);
    CHECK(page.ByteSizeLong() < (1 << 20) + 300'000);
    for (const auto& told : page.tasks()) {
      CHECK(told.spec().key() == "order-" + std::to_string(listed.size()));
      CHECK(told.spec().payload().size() == 200'000);
      CHECK(told.payload().empty());
      listed.push_back(told.id());
    }
    wanted.set_after(page.next_after());
    is_end = page.is_end();
  }
  CHECK(listed == expected);
}

TEST_CASE_METHOD(shard_fixture, "a task that is asked for has its policies and its worker's name",
                 "[shard]") {
  serve();
  auto task = spec();
  task.timeout = duration{90'000};
  task.retry.attempts_max = 9;
  const auto id = accept(task);
  tell(dispatcher,
       worker_attached{
           .session = {5}, .worker = worker.actor(), .held = {}, .worker_name = "tower"});
  const auto asked = [&] {
    wire::Request request;
    request.mutable_get()->set_id(id);
    ask(request);
    return wire::read(answers().back().task());
  };
  CHECK(asked().worker.empty());
  request_grant();
  written();
  CHECK(asked().worker == "tower");
  CHECK(asked().timeout == task.timeout);
  CHECK(asked().retry == task.retry);

  wire::Request list;
  list.mutable_list()->set_limit(10);
  ask(list);
  const auto listed = wire::read(answers().back().list().tasks(0));
  CHECK_FALSE(listed.retry);
  CHECK(listed.worker.empty());
  CHECK(listed.timeout == duration{0});
}
