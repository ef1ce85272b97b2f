#include "node/router.hpp"

#include "belfry/actors/protocol.hpp"
#include "belfry/failure.hpp"
#include "belfry/version.hpp"

#include "base/local_messages.hpp"
#include "support/actor_fixture.hpp"

#include "wire/envelope.hpp"

#include <catch2/catch.hpp>

#include <optional>

using namespace belfry;
using namespace std::chrono_literals;

namespace {

/// A router of two shards, one client, and probes for the rest of the node.
struct router_fixture : test::actor_fixture {
  router_fixture() {
    subject->attach_functor([this](const caf::error&) { has_ended = true; });
    for (const auto& actor : {client.actor(), shard.actor(), dispatcher.actor(), owner.actor()})
      adopt(actor);
  }
  ~router_fixture() {
    start_all(); // Sets the owner.
    end_by(owner, caf::exit_reason::kill);
    kill_owned();
  }

  void end_by(const test::probe& sender, caf::exit_reason reason) {
    caf::send_as(sender.actor(), subject, caf::exit_msg{sender.actor().address(), reason});
    run();
  }

  void start(std::string name, std::uint16_t index, const caf::actor& child) {
    caf::send_as(owner.actor(), subject, child_started{std::move(name), index, child});
    run();
  }
  void start_all() {
    start("shard", 1, shard.actor());
    start("dispatcher", 0, dispatcher.actor());
  }

  template <class Atom>
  void send(Atom type, const google::protobuf::MessageLite& message,
            std::uint32_t shard_index = 0) {
    send_bytes(type, wire::seal(message), shard_index);
  }
  template <class Atom>
  void send_bytes(Atom type, std::vector<char> bytes, std::uint32_t shard_index = 0) {
    caf::send_as(client.actor(), subject, type, envelope{std::move(bytes), shard_index});
    run();
  }

  /// The answer to the client, and the only message that it received.
  template <class Message, class Atom>
  Message answer(Atom) {
    Message read;
    REQUIRE(client.received().size() == 1);
    REQUIRE(client.received()[0].match_elements<Atom, envelope>());
    REQUIRE(wire::open(client.received()[0].get_as<envelope>(1).bytes, read));
    client.received().clear();
    return read;
  }

  wire::NodeStatus status() {
    wire::Request request;
    request.set_correlation(9);
    request.mutable_status();
    send(request_atom::value, request, 77);
    return dispatcher.all<complete_answer>().back().get_as<complete_answer>(0).answer.status();
  }

  wire::Hello hello_of(std::uint32_t version = protocol_version, std::string cluster = {}) {
    wire::Hello hello;
    hello.set_protocol_version(version);
    hello.set_cluster(std::move(cluster));
    return hello;
  }

  static wire::Submit some_tasks() {
    wire::Submit tasks;
    tasks.set_client(7);
    tasks.set_sequence(3);
    tasks.set_shard(1);
    tasks.add_tasks()->set_kind("bake");
    return tasks;
  }

  test::probe client{system};
  test::probe shard{system};
  test::probe dispatcher{system};
  test::probe owner{system};
  bool has_ended = false;
  caf::actor subject = spawn_router(system, router_options{.name = "tower",
                                                           .cluster = "blue",
                                                           .shards = 2,
                                                           .time = time,
                                                           .envelope_bytes_max = 1000});
};

} // namespace

TEST_CASE_METHOD(router_fixture, "a Hello is answered with the node's name and shard count",
                 "[router]") {
  send(hello_atom::value, hello_of());

  const auto welcome = answer<wire::Welcome>(welcome_atom::value);
  CHECK_FALSE(welcome.has_failure());
  CHECK(welcome.node() == "tower");
  CHECK(welcome.shard_count() == 2);
}

TEST_CASE_METHOD(router_fixture, "another version of the protocol is refused", "[router]") {
  send(hello_atom::value, hello_of(protocol_version + 1));

  const auto welcome = answer<wire::Welcome>(welcome_atom::value);
  CHECK(welcome.failure().code() == static_cast<std::uint32_t>(errc::invalid_argument));
  CHECK(welcome.failure().what() ==
        "protocol version 2 is not supported: this node has protocol version 1");
}

TEST_CASE_METHOD(router_fixture, "a sender of another cluster is refused", "[router]") {
  send(hello_atom::value, hello_of(protocol_version, "red"));

  CHECK(answer<wire::Welcome>(welcome_atom::value).failure().what() ==
        "this node is of cluster 'blue', not of 'red'");
}

TEST_CASE_METHOD(router_fixture, "a sender of the same cluster is accepted", "[router]") {
  send(hello_atom::value, hello_of(protocol_version, "blue"));

  CHECK_FALSE(answer<wire::Welcome>(welcome_atom::value).has_failure());
}

TEST_CASE_METHOD(router_fixture, "an unreadable Hello is refused", "[router]") {
  send_bytes(hello_atom::value, {1, 2, 3, 4, 5});

  CHECK(answer<wire::Welcome>(welcome_atom::value).failure().what() ==
        "the Hello message is not readable");
}

TEST_CASE_METHOD(router_fixture, "a shard gets its messages undecoded, from their sender",
                 "[router]") {
  std::vector<caf::actor_addr> senders;
  const auto listener = adopt(system.spawn([&](caf::event_based_actor* self) -> caf::behavior {
    const auto record = [self, &senders](const envelope& sealed) {
      CHECK(sealed.bytes == std::vector<char>{'s', 'e', 'a', 'l'});
      senders.push_back(caf::actor_cast<caf::actor_addr>(self->current_sender()));
    };
    return {[record](submit_atom, const envelope& sealed) { record(sealed); },
            [record](report_atom, const envelope& sealed) { record(sealed); }};
  }));
  start("shard", 1, listener);

  send_bytes(submit_atom::value, {'s', 'e', 'a', 'l'}, 1);
  send_bytes(report_atom::value, {'s', 'e', 'a', 'l'}, 1);

  CHECK(senders == std::vector<caf::actor_addr>(2, client.actor().address()));
  CHECK(client.received().empty());
}

TEST_CASE_METHOD(router_fixture, "a request goes to its shard", "[router]") {
  start_all();
  wire::Request request;
  request.set_correlation(5);
  request.mutable_get()->set_id(1);

  send(request_atom::value, request, 1);

  CHECK(shard.all<request_atom, envelope>().size() == 1);
  CHECK(client.received().empty());
}

TEST_CASE_METHOD(router_fixture, "workers' messages go to the dispatcher", "[router]") {
  start_all();

  send_bytes(attach_atom::value, {'a'});
  send_bytes(heartbeat_atom::value, {'b'});
  send_bytes(credit_atom::value, {'c'});

  CHECK(dispatcher.all<attach_atom, envelope>().size() == 1);
  CHECK(dispatcher.all<heartbeat_atom, envelope>().size() == 1);
  CHECK(dispatcher.all<credit_atom, envelope>().size() == 1);
}

TEST_CASE_METHOD(router_fixture, "tasks for a shard that has not started are refused with a delay",
                 "[router]") {
  send(submit_atom::value, some_tasks(), 1);

  const auto refused = answer<wire::Submitted>(submitted_atom::value);
  CHECK(refused.client() == 7);
  CHECK(refused.sequence() == 3);
  CHECK(refused.shard() == 1);
  CHECK(refused.failure().code() == static_cast<std::uint32_t>(errc::unavailable));
  CHECK(refused.failure().what() == "shard 1 is starting");
  CHECK(refused.failure().retry_after_ms() > 0);
}

TEST_CASE_METHOD(router_fixture, "a dead shard is like one that has not started", "[router]") {
  start_all();
  caf::anon_send_exit(shard.actor(), caf::exit_reason::kill);
  run();

  wire::Request request;
  request.set_correlation(5);
  request.mutable_get()->set_id(1);
  send(request_atom::value, request, 1);

  const auto refused = answer<wire::Response>(response_atom::value);
  CHECK(refused.correlation() == 5);
  CHECK(refused.failure().code() == static_cast<std::uint32_t>(errc::unavailable));
  CHECK(refused.failure().retry_after_ms() > 0);
}

TEST_CASE_METHOD(router_fixture, "a restarted shard takes the place of the old one", "[router]") {
  start_all();
  caf::anon_send_exit(shard.actor(), caf::exit_reason::kill);
  run();
  test::probe next{system};
  start("shard", 1, adopt(next.actor()));

  send(submit_atom::value, some_tasks(), 1);

  CHECK(next.all<submit_atom, envelope>().size() == 1);
  CHECK(client.received().empty());
}

TEST_CASE_METHOD(router_fixture, "a shard that does not exist is refused by its number",
                 "[router]") {
  start_all();
  auto tasks = some_tasks();
  tasks.set_shard(4'000'000'000);

  send(submit_atom::value, tasks, 4'000'000'000);

  const auto refused = answer<wire::Submitted>(submitted_atom::value);
  CHECK(refused.failure().code() == static_cast<std::uint32_t>(errc::invalid_argument));
  CHECK(refused.failure().what() == "there is no shard 4000000000: this node has 2");
}

TEST_CASE_METHOD(router_fixture, "a worker is told that the dispatcher is not running",
                 "[router]") {
  send_bytes(attach_atom::value, {'a'});

  CHECK(answer<wire::Attached>(attached_atom::value).failure().code() ==
        static_cast<std::uint32_t>(errc::unavailable));
}

TEST_CASE_METHOD(router_fixture, "the dispatcher completes the node's status", "[router]") {
  start_all();
  time->advance(5s);
  time->set_machine_offset(-1h);

  const auto told = status();

  const auto forwarded = dispatcher.all<complete_answer>();
  CHECK(forwarded.at(0).get_as<complete_answer>(0).client == client.actor());
  CHECK(forwarded[0].get_as<complete_answer>(0).answer.correlation() == 9);
  CHECK(told.node() == "tower");
  CHECK(told.version() == version());
  CHECK(told.shard_count() == 2);
  CHECK(told.uptime_ms() == 5000);
  CHECK(told.clock_offset_ms() == -3'600'000);
  CHECK_FALSE(told.has_stops_within_ms());
}

TEST_CASE_METHOD(router_fixture, "a node that stops says how long its runs have", "[router]") {
  start_all();
  caf::anon_send(subject, node_stopping{10s});
  run();
  time->advance(2s);
  CHECK(status().stops_within_ms() == 8'000);
  time->advance(9s);
  CHECK((status().has_stops_within_ms() && status().stops_within_ms() == 0));
}

TEST_CASE_METHOD(router_fixture, "the status of a node names the trouble of its storage",
                 "[router]") {
  start_all();
  test::probe keeper{system};
  test::probe outbox_keeper{system};
  adopt(outbox_keeper.actor());
  start("journal_keeper", 0, keeper.actor());
  const auto report_trouble = [this](const test::probe& sender, std::string trouble) {
    caf::send_as(sender.actor(), subject, storage_updated{std::move(trouble)});
    run();
  };
  const auto trouble = [this] { return status().storage_trouble(); };
  CHECK(trouble().empty());
  report_trouble(keeper, "the disk is full");
  report_trouble(outbox_keeper, "the disk of the outbox is full");
  CHECK(trouble() == "the disk is full");
  report_trouble(keeper, "");
  CHECK(trouble().empty());

  caf::anon_send_exit(keeper.actor(), caf::exit_reason::kill);
  run();
  CHECK(trouble() == "the journal has failed and is opened again");
  test::probe next_keeper{system};
  adopt(next_keeper.actor());
  start("journal_keeper", 0, next_keeper.actor());
  CHECK_FALSE(trouble().empty()); // It has not opened the journal yet.
  report_trouble(next_keeper, "");
  CHECK(trouble().empty());
}

TEST_CASE_METHOD(router_fixture, "the journal keeper makes and answers a backup", "[router]") {
  wire::Request request;
  request.set_correlation(9);
  request.mutable_backup()->set_directory("/backup");
  send(request_atom::value, request);
  CHECK(answer<wire::Response>(response_atom::value).failure().code() ==
        static_cast<std::uint32_t>(errc::unavailable));

  test::probe keeper{system};
  adopt(keeper.actor());
  start("journal_keeper", 0, keeper.actor());
  send(request_atom::value, request);
  CHECK(client.received().empty());
  const auto requests = keeper.all<copy_journal>();
  REQUIRE(requests.size() == 1);
  const auto& wanted = requests[0].get_as<copy_journal>(0);
  CHECK(wanted.client == client.actor());
  CHECK(wanted.correlation == 9);
  CHECK(wanted.directory == "/backup");
  CHECK(wanted.requested_at == time->now());
}

TEST_CASE_METHOD(router_fixture, "without a dispatcher there is no status", "[router]") {
  wire::Request request;
  request.mutable_status();

  send(request_atom::value, request);

  CHECK(answer<wire::Response>(response_atom::value).failure().code() ==
        static_cast<std::uint32_t>(errc::unavailable));
}

TEST_CASE_METHOD(router_fixture, "an envelope beyond the limit is dropped", "[router]") {
  start_all();

  send_bytes(submit_atom::value, std::vector<char>(1001), 1);
  send_bytes(report_atom::value, std::vector<char>(1001), 1);
  send_bytes(attach_atom::value, std::vector<char>(1001));
  send_bytes(request_atom::value, std::vector<char>(1001), 1);

  CHECK(shard.received().empty());
  CHECK(dispatcher.received().empty());
  CHECK(client.received().empty());
}

TEST_CASE_METHOD(router_fixture, "damaged and unknown messages do not end a router", "[router]") {
  for (int round = 0; round < 2; ++round) {
    for (const auto& bytes : {std::vector<char>{}, std::vector<char>{1}, std::vector<char>(999)}) {
      for (const std::uint32_t index : {0U, 1U, 2U, 0xffff'ffffU}) {
        send_bytes(hello_atom::value, bytes, index);
        send_bytes(submit_atom::value, bytes, index);
        send_bytes(request_atom::value, bytes, index);
        send_bytes(report_atom::value, bytes, index);
        send_bytes(attach_atom::value, bytes, index);
        send_bytes(heartbeat_atom::value, bytes, index);
        send_bytes(credit_atom::value, bytes, index);
        send_bytes(welcome_atom::value, bytes, index);
      }
    }
    caf::anon_send(subject, hello_atom::value, envelope{wire::seal(hello_of()), 0});
    caf::anon_send(subject, std::string{"unknown"});
    caf::anon_send(subject, caf::make_message());
    caf::anon_send(subject, caf::make_error(caf::sec::runtime_error));
    run();
    start_all();
  }

  CHECK_FALSE(has_ended);
}

TEST_CASE_METHOD(router_fixture, "only its owner can end a router", "[router]") {
  start_all();

  for (const auto reason : {caf::exit_reason::user_shutdown, caf::exit_reason::kill}) {
    caf::anon_send_exit(subject, reason);
    end_by(client, reason);
  }
  CHECK_FALSE(has_ended);

  end_by(owner, caf::exit_reason::user_shutdown);
  CHECK(has_ended);
}

TEST_CASE_METHOD(router_fixture, "no exit message ends a router without an owner", "[router]") {
  caf::anon_send_exit(subject, caf::exit_reason::kill);
  end_by(owner, caf::exit_reason::kill);

  CHECK_FALSE(has_ended);
}
