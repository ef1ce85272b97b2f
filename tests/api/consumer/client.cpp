// A client alone: greets the node whose port it reads, and tells it to leave.
#include <belfry/client.hpp>

#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string>

namespace {

bool has_greeted(belfry::client& client) {
  const auto task = client.submit({.kind = "greet", .payload = "world"});
  if (!task)
    return false;
  const auto settled = client.tasks().wait(task->id);
  return settled && settled->output == "good morning, world";
}

/// The first line that is a number: the node's log comes on the same way.
std::uint16_t read_port() {
  for (std::string line; std::getline(std::cin, line);)
    if (!line.empty() && line.find_first_not_of("0123456789") == std::string::npos)
      return static_cast<std::uint16_t>(std::stoul(line));
  return 0;
}

} // namespace

int main() {
  const auto port = read_port();
  if (port == 0)
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
