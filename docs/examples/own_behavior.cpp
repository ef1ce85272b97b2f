// A kind of task that is an actor: fresh for each run, answers when it likes, may talk to others.
#include <belfry/actors/node.hpp>
#include <belfry/client.hpp>

#include <caf/event_based_actor.hpp>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <iostream>

namespace {

using namespace std::chrono_literals;

// To itself: the next step.
using step_atom = caf::atom_constant<caf::atom("step")>;

/// Counts down from the payload, one step per millisecond, without holding a thread meanwhile.
caf::behavior countdown(caf::event_based_actor* self) {
  auto said = std::make_shared<std::string>();
  auto answer = std::make_shared<caf::response_promise>();
  return {
      [=](belfry::run_atom, const belfry::task_input& run) {
        *answer = self->make_response_promise();
        self->send(self, step_atom::value, std::stoi(run.payload));
        return *answer;
      },
      [=](step_atom, int left) {
        *said += std::to_string(left) + " ";
        if (left == 0)
          answer->deliver(*said + "done");
        else
          self->delayed_send(self, 1ms, step_atom::value, left - 1);
      },
  };
}

} // namespace

int main() {
  const auto directory = std::filesystem::temp_directory_path() / "belfry-behavior";
  std::filesystem::remove_all(directory);
  belfry::node_options options;
  options.storage = belfry::directory_storage{directory.string()};
  options.worker = belfry::node_worker{.slots = 2};
  options.listen.port = 0;
  auto node = belfry::node::start(options, {}, {{"countdown", countdown}});
  if (!node) {
    std::cerr << node.error().what << "\n";
    return EXIT_FAILURE;
  }

  auto client = belfry::client::connect("127.0.0.1", (*node)->port());
  if (!client) {
    std::cerr << client.error().what << "\n";
    return EXIT_FAILURE;
  }
  belfry::task_spec task;
  task.kind = "countdown";
  task.payload = "5";
  const auto accepted = (*client)->submit(task);
  if (!accepted) {
    std::cerr << accepted.error().what << "\n";
    return EXIT_FAILURE;
  }
  const auto settled = (*client)->tasks().wait(accepted->id);
  if (!settled) {
    std::cerr << settled.error().what << "\n";
    return EXIT_FAILURE;
  }
  std::cout << to_string(settled->state) << ": " << settled->output << "\n";
  return settled->output == "5 4 3 2 1 0 done" ? EXIT_SUCCESS : EXIT_FAILURE;
}
