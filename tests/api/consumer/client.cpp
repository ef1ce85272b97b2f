// A client alone: greets the node whose port it reads, and tells it to leave.
#include <belfry/client.hpp>

#include <cstdint>
#include <cstdlib>
#include <iostream>

namespace {

bool has_greeted(belfry::client& client) {
  const auto task = client.submit({.kind = "greet", .payload = "world"});
  if (!task)
    return false;
  const auto settled = client.tasks().wait(task->id);
  return settled && settled->output == "good morning, world";
}

} // namespace

int main() {
  std::uint16_t port = 0;
  if (!(std::cin >> port))
    return EXIT_FAILURE;
  const auto client = belfry::client::connect("127.0.0.1", port);
  if (!client) {
    std::cerr << client.error().what << "\n";
    return EXIT_FAILURE;
  }
  const bool is_greeted = has_greeted(**client);
  const bool is_told = (*client)->submit({.kind = "leave"}).ok();
  return is_greeted && is_told ? EXIT_SUCCESS : EXIT_FAILURE;
}
