// A worker that notes each start and each end of a run in a file: noting_worker PORT FILE
#include <belfry/actors/node.hpp>

#include <fcntl.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <iostream>
#include <string>

namespace {

/// One write per line: lines of several processes do not mix.
void note(int file, char what, const belfry::run& run) {
  using namespace std::chrono;
  const auto now = duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
  const auto line = std::string{what} + " " + std::to_string(run.task().value) + " " +
                    std::to_string(run.token().value) + " " + std::to_string(now) + "\n";
  if (write(file, line.data(), line.size()) != static_cast<ssize_t>(line.size()))
    std::abort();
}

} // namespace

int main(int, char** arguments) {
  spdlog::set_level(spdlog::level::off); // Nobody reads it.
  const int file = open(arguments[2], O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
  belfry::handler_registry handlers;
  handlers.on("note", [file](belfry::run& run) {
    note(file, 'S', run);
    (void)run.wait_for(belfry::duration{run.token().value % 20});
    note(file, 'F', run);
    return belfry::run_result::success();
  });
  belfry::node_options options;
  options.port = 0;
  options.join = {{"127.0.0.1", static_cast<std::uint16_t>(std::atoi(arguments[1]))}};
  options.slots = 8;
  auto worker = belfry::node::start(options, std::move(handlers));
  if (!worker) {
    std::cerr << worker.error().what << "\n";
    return EXIT_FAILURE;
  }
  std::cout << "working" << std::endl;
  (void)(*worker)->wait();
}
