// A worker that records each start (S) of a run in a file, and its end: finished (F) or told to
// stop (T): recording_worker FILE HOST PORT…
// Credentials, if there are any, follow: --insecure, or --tls-cert, --tls-key and --tls-ca.
#include <belfry/node.hpp>

#include <fcntl.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <iostream>
#include <string>
#include <utility>

namespace {

/// One write per line: lines of several processes do not mix.
void record(int file, char event, const belfry::run& run) {
  using namespace std::chrono;
  const auto now = duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
  const auto line = std::string{event} + " " + std::to_string(run.task().value) + " " +
                    std::to_string(run.token().value) + " " + std::to_string(now) + "\n";
  if (write(file, line.data(), line.size()) != static_cast<ssize_t>(line.size()))
    std::abort();
}

/// A handler that waits for up to `ms_max`.
belfry::handler recording(int file, std::uint64_t ms_max) {
  return [file, ms_max](belfry::run& run) {
    record(file, 'S', run);
    const bool is_cancelled = run.wait_for(belfry::duration{run.token().value % ms_max});
    record(file, is_cancelled ? 'T' : 'F', run);
    return is_cancelled ? belfry::run_result::failed("stopped", "it was told to stop")
                        : belfry::run_result::success();
  };
}

/// Reads ports and credentials, which begin at the third argument.
void read_arguments(int count, char** arguments, belfry::node_options& options) {
  belfry::remote_storage remote;
  for (int i = 3; i < count; ++i) {
    const std::string argument{arguments[i]};
    if (argument == "--insecure")
      options.security.is_insecure = true;
    else if (argument == "--tls-cert")
      options.security.tls_certificate = arguments[++i];
    else if (argument == "--tls-key")
      options.security.tls_key = arguments[++i];
    else if (argument == "--tls-ca")
      options.security.tls_authority = arguments[++i];
    else
      remote.nodes.push_back({arguments[2], static_cast<std::uint16_t>(std::stoi(argument))});
  }
  options.storage = std::move(remote);
}

} // namespace

int main(int count, char** arguments) {
  spdlog::set_level(spdlog::level::off); // The log is not read.
  const int file = open(arguments[1], O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
  belfry::handler_registry handlers;
  handlers.on("note", recording(file, 20)).on("linger", recording(file, 5'000));
  belfry::node_options options;
  options.worker = belfry::node_worker{.slots = 8};
  read_arguments(count, arguments, options);
  auto worker = belfry::node::start(std::move(options), std::move(handlers));
  if (!worker) {
    std::cerr << worker.error().what << "\n";
    return EXIT_FAILURE;
  }
  std::cout << "working" << std::endl;
  (void)(*worker)->wait();
}
