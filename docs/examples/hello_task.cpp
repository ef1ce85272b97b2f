// A node inside this program, with a handler of its own: submits a task and waits for its end.
#include <belfry/client.hpp>
#include <belfry/node.hpp>

#include <cstdlib>
#include <filesystem>
#include <iostream>

int main() {
  const auto directory = std::filesystem::temp_directory_path() / "belfry-hello";
  std::filesystem::remove_all(directory);

  belfry::handler_registry handlers;
  handlers.on("greet", [](belfry::run& run) {
    return belfry::run_result::success("good morning, " + run.payload());
  });
  auto node = belfry::node::start({.storage = belfry::directory_storage{directory.string()},
                                   .worker = belfry::node_worker{.slots = 2},
                                   .listen = {.port = 0}},
                                  std::move(handlers));
  if (!node) {
    std::cerr << node.error().what << "\n";
    return EXIT_FAILURE;
  }

  auto client = belfry::client::connect("127.0.0.1", (*node)->port());
  if (!client) {
    std::cerr << client.error().what << "\n";
    return EXIT_FAILURE;
  }
  const auto accepted = (*client)->submit({.kind = "greet", .payload = "world"});
  if (!accepted) {
    std::cerr << accepted.error().what << "\n";
    return EXIT_FAILURE;
  }
  const auto settled = (*client)->tasks().wait(accepted->id);
  if (!settled) {
    std::cerr << settled.error().what << "\n";
    return EXIT_FAILURE;
  }
  std::cout << to_string(accepted->id) << " " << to_string(settled->state) << ": "
            << settled->output << "\n";
  return settled->output == "good morning, world" ? EXIT_SUCCESS : EXIT_FAILURE;
}
