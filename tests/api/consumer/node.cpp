// A node alone, with the tasks in a directory: prints its port, greets, and leaves when told to.
#include <belfry/node.hpp>

#include <chrono>
#include <cstdlib>
#include <iostream>
#include <semaphore>

int main(int, char** arguments) {
  std::counting_semaphore<> leaves{0};
  belfry::handler_registry handlers;
  handlers.on("greet", [](belfry::run& run) {
    return belfry::run_result::success("good morning, " + run.payload());
  });
  handlers.on("leave", [&leaves](belfry::run&) {
    leaves.release();
    return belfry::run_result::success();
  });
  const auto node = belfry::node::start({.storage = belfry::directory_storage{arguments[1]},
                                         .worker = belfry::node_worker{.slots = 2},
                                         .listen = {.port = 0}},
                                        handlers);
  if (!node) {
    std::cerr << node.error().what << "\n";
    return EXIT_FAILURE;
  }
  std::cout << (*node)->port() << std::endl;
  const bool is_told = leaves.try_acquire_for(std::chrono::minutes{1});
  return is_told ? EXIT_SUCCESS : EXIT_FAILURE;
}
