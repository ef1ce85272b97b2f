#include "base/io_thread_actor.hpp"

#include "base/system_config.hpp"

#include <catch2/catch.hpp>

#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>

#include <future>
#include <thread>

namespace belfry {

namespace {

using where_atom = caf::atom_constant<caf::atom("where")>;

/// Answers which thread it runs on.
caf::behavior answering(caf::event_based_actor*, std::promise<std::thread::id>& into) {
  return {[&into](where_atom) { into.set_value(std::this_thread::get_id()); }};
}

/// Which thread runs an actor that is started so.
std::thread::id thread_of(caf::actor_system& system, bool is_wanted) {
  std::promise<std::thread::id> told;
  const auto subject = spawn_on_io_thread(
      system, is_wanted, [&](caf::event_based_actor* self) { return answering(self, told); });
  caf::anon_send(subject, where_atom::value);
  const auto where = told.get_future().get();
  caf::scoped_actor self{system};
  self->send_exit(subject, caf::exit_reason::kill);
  self->wait_for(subject);
  return where;
}

} // namespace

TEST_CASE("an I/O-thread actor runs on the network's thread", "[system]") {
  system_config config;
  caf::actor_system system{config};
  const auto network = system.middleman().backend().thread_id();
  CHECK(thread_of(system, true) == network);
  CHECK(thread_of(system, false) != network);
}

TEST_CASE("without a network an I/O-thread actor runs on the scheduler's threads", "[system]") {
  system_config config{false};
  caf::actor_system system{config};
  CHECK(thread_of(system, true) != std::this_thread::get_id());
}

} // namespace belfry
