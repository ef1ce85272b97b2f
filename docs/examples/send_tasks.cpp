// Sends tasks through the client actor, from an actor of this program's own system. (The node that
// keeps and runs them is in this program too, so that the example can be run by itself.)
#include <belfry/actors/client_actor.hpp>
#include <belfry/node.hpp>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/exit_reason.hpp>
#include <caf/send.hpp>

#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <memory>

namespace {

constexpr int shirts = 100;

/// Submits a task per shirt, waits for the end of each, and counts those that came out clean.
caf::behavior laundry(caf::event_based_actor* self, caf::actor client, int* clean) {
  auto fail = [self](const caf::error& why) {
    std::cerr << "refused: " << belfry::to_failure(why).what << "\n";
    self->quit();
  };
  auto settled = std::make_shared<int>(0);
  for (int shirt = 0; shirt < shirts; ++shirt) {
    belfry::task_spec wash;
    wash.kind = "wash";
    wash.payload = "shirt " + std::to_string(shirt);
    wash.key = wash.payload; // A repeated submission is the same task.
    self->request(client, caf::infinite, belfry::submit_atom::value, wash)
        .then(
            [=](const belfry::submitted& accepted) {
              self->request(client, caf::infinite, belfry::await_atom::value, accepted.id)
                  .then(
                      [=](const belfry::task_info& info) {
                        *clean += info.output == "clean " + info.key ? 1 : 0;
                        if (++*settled == shirts)
                          self->quit();
                      },
                      fail);
            },
            fail);
  }
  return {[](caf::unit_t) {}};
}

} // namespace

int main() {
  const auto directory = std::filesystem::temp_directory_path() / "belfry-send";
  std::filesystem::remove_all(directory);
  belfry::handler_registry handlers;
  handlers.on("wash", [](belfry::run& run) {
    return belfry::run_result::success("clean " + run.payload());
  });
  belfry::node_options options;
  options.storage = belfry::directory_storage{directory.string()};
  options.worker = belfry::node_worker{.slots = 4};
  options.listen.port = 0;
  auto node = belfry::node::start(options, handlers);
  if (!node) {
    std::cerr << node.error().what << "\n";
    return EXIT_FAILURE;
  }

  int clean = 0;
  {
    caf::actor_system_config config;
    belfry::configure(config);
    caf::actor_system system{config};
    auto client = belfry::spawn_client(system, "127.0.0.1", (*node)->port());
    auto done = system.spawn(laundry, client, &clean);
    system.await_actors_before_shutdown(true);
    done->attach_functor(
        [client] { caf::anon_send_exit(client, caf::exit_reason::user_shutdown); });
  }
  std::cout << clean << " of " << shirts << " shirts are clean\n";
  return clean == shirts ? EXIT_SUCCESS : EXIT_FAILURE;
}
