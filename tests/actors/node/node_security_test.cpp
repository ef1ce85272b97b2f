// Who may talk to a node, as programs in C++ meet it.
#include "belfry/actors/client_actor.hpp"
#include "belfry/client.hpp"
#include "belfry/node.hpp"

#include "os/link/link_fixture.hpp"

#include <caf/actor_system_config.hpp>
#include <caf/exit_reason.hpp>
#include <caf/scoped_actor.hpp>

using namespace belfry;
using namespace belfry::test;

namespace {

struct secured_node_fixture : scratch_directory {
  [[nodiscard]] result<std::unique_ptr<node>> start(const link_security& security,
                                                    const std::string& bind = "127.0.0.1") const {
    const node_options with{.storage = directory_storage{.path = file("data"), .shards = 1},
                            .worker = node_worker{.slots = 1},
                            .listen = {.bind = bind, .port = 0},
                            .security = security};
    handler_registry handlers;
    handlers.on("echo", [](run& current) { return run_result::success(current.payload()); });
    return node::start(with, handlers);
  }

  static std::string fault(const node& of, const link_security& security) {
    const auto connected = client::connect({{"127.0.0.1", of.port()}}, security);
    return connected ? "" : connected.error().what;
  }

  static task_spec task() {
    task_spec spec;
    spec.kind = "echo";
    spec.payload = "good morning";
    return spec;
  }
};

/// Asks a client that is an actor, in a system that its user has set up.
result<std::string> run_by_actor(const node& of, const link_security& security, duration limit) {
  caf::actor_system_config config;
  configure(config);
  caf::actor_system system{config};
  caf::scoped_actor self{system};
  const auto client = spawn_client(system, "127.0.0.1", of.port(), security);
  result<std::string> outcome = failure{errc::timed_out, "no answer"};
  task_id id;
  self->request(client, limit, submit_atom::value, secured_node_fixture::task())
      .receive([&](const submitted& accepted) { id = accepted.id; },
               [&](const caf::error& error) { outcome = to_failure(error); });
  if (id.value != 0)
    self->request(client, limit, await_atom::value, id)
        .receive([&](const task_info& settled) { outcome = settled.output; },
                 [&](const caf::error& error) { outcome = to_failure(error); });
  self->send_exit(client, caf::exit_reason::user_shutdown);
  return outcome;
}

} // namespace

TEST_CASE_METHOD(secured_node_fixture, "a program talks TLS to a node", "[node]") {
  const auto subject = start(credentials().tls("node"));
  REQUIRE(subject.ok());

  const auto user =
      client::connect({{"localhost", (*subject)->port()}}, credentials().tls("client"));
  REQUIRE(user.ok());
  const auto settled = (*user)->tasks().wait((*user)->submit(task())->id);

  REQUIRE(settled.ok());
  CHECK(settled->output == "good morning");
}

TEST_CASE_METHOD(secured_node_fixture, "a program that is refused hears why", "[node]") {
  const auto subject = start(credentials().secret("bell"));
  REQUIRE(subject.ok());

  CHECK(fault(**subject, credentials().secret("bell")).empty());
  CHECK(fault(**subject, credentials().secret("tower")) ==
        "cannot connect to 127.0.0.1:" + std::to_string((*subject)->port()) +
            ": it has another secret, or listens on another port than the one dialled");
  auto missing = credentials().tls("client");
  missing.tls_key.clear();
  CHECK(fault(**subject, missing).find("tls: expected all three") == 0);
}

TEST_CASE_METHOD(secured_node_fixture, "a client that is an actor proves itself, too", "[node]") {
  const auto subject = start(credentials().tls("node"));
  REQUIRE(subject.ok());

  const auto good = run_by_actor(**subject, credentials().tls("client"), test_timeout);
  REQUIRE(good.ok());
  CHECK(*good == "good morning");
  auto missing = credentials().tls("client");
  missing.tls_key.clear();
  CHECK_FALSE(run_by_actor(**subject, missing, duration{100}).ok());
}

TEST_CASE_METHOD(secured_node_fixture, "a node does not start with security that is none",
                 "[node]") {
  auto missing = credentials().tls("node");
  missing.tls_authority = "/nowhere/ca.pem";
  CHECK(start(missing).error().what.find("tls_authority: /nowhere/ca.pem: No such") == 0);
  const auto open = start({}, "0.0.0.0");
  REQUIRE_FALSE(open.ok());
  CHECK(open.error().code == errc::invalid_argument);
  CHECK(open.error().what.find("bind: is 0.0.0.0, which other machines reach") == 0);
  CHECK(start(credentials().tls("node"), "*").ok());
}
