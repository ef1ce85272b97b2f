#include "client/client_inbox.hpp"

#include "client/client_actor.hpp"

#include "support/actor_fixture.hpp"

#include <catch2/catch.hpp>

#include <future>

using namespace belfry;

namespace {

struct inbox_fixture : test::actor_fixture {
  client_inbox inbox{2};
  test::probe reader{system};
  int refused = 0;

  submit_call call(std::int32_t priority = 0) {
    task_spec task;
    task.priority = priority;
    return {std::move(task), [this](result<submitted> outcome) { refused += outcome ? 0 : 1; }};
  }
  std::size_t wake_ups() {
    run();
    return reader.all<inbox_ready_atom>().size();
  }
};

} // namespace

TEST_CASE_METHOD(inbox_fixture, "calls that gather wake the reader once", "[client]") {
  adopt(reader.actor());
  inbox.bind(reader.actor());
  inbox.submit(call());
  inbox.submit(call());
  CHECK(wake_ups() == 1);
  CHECK(inbox.take().size() == 2);

  inbox.push(ready_call{});
  CHECK(wake_ups() == 2);
}

TEST_CASE_METHOD(inbox_fixture, "calls before the reader is bound are kept", "[client]") {
  adopt(reader.actor());
  inbox.submit(call());
  inbox.bind(reader.actor());
  CHECK(wake_ups() == 1);
  CHECK(inbox.take().size() == 1);
}

TEST_CASE_METHOD(inbox_fixture, "a submission waits while too many are open", "[client]") {
  inbox.submit(call());
  inbox.submit(call());
  auto third = std::async(std::launch::async, [&] { inbox.submit(call()); });
  inbox.settle(priority_class::normal, 1);
  third.get();
  auto fourth = std::async(std::launch::async, [&] { inbox.submit(call()); });
  const auto left = inbox.close();
  fourth.get();
  CHECK(left.size() == 3);
  CHECK(refused == 1);
}

TEST_CASE_METHOD(inbox_fixture, "a submission does not wait for those of a lower priority",
                 "[client]") {
  inbox.submit(call(-1));
  inbox.submit(call(-1));
  inbox.submit(call());
  inbox.submit(call(1));
  auto low = std::async(std::launch::async, [&] { inbox.submit(call(-1)); });
  inbox.settle(priority_class::high, 1);
  CHECK(low.wait_for(std::chrono::milliseconds{0}) == std::future_status::timeout);
  inbox.settle(priority_class::low, 1);
  low.get();
  CHECK(inbox.close().size() == 5);
}

TEST_CASE_METHOD(inbox_fixture, "the reader itself never waits", "[client]") {
  inbox.submit(call());
  inbox.submit(call());
  (void)inbox.take(); // From now on this thread is the reader's.
  inbox.submit(call());
  CHECK(inbox.take().size() == 1);
}

TEST_CASE_METHOD(inbox_fixture, "a closed inbox refuses calls", "[client]") {
  adopt(reader.actor());
  inbox.bind(reader.actor());
  (void)inbox.close();
  inbox.submit(call());
  inbox.push(call());
  CHECK(refused == 2);
  CHECK(wake_ups() == 0);
}
