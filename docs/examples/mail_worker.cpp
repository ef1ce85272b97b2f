// A worker with handlers of its own: runs the tasks that a node on this machine keeps, until it is
// told to stop. docs/guides/write_a_handler.md explains it.
#include <belfry/node.hpp>

#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <optional>
#include <string>

namespace {

using belfry::run_result;
using namespace std::chrono_literals;

/// Sends a letter to the address in the payload. A letter may go out twice: after a crash nobody
/// knows whether it went out.
run_result send_mail(belfry::run& run) {
  const auto& address = run.payload();
  if (address.find('@') == std::string::npos)
    return run_result::failed_permanently("bad_address", "'" + address + "' is not an address");
  if (address.ends_with("@unreachable.example") && run.attempt() < 3)
    return run_result::failed("unreachable", "no mail server answers for " + address);
  return run_result::success("sent to " + address);
}

std::optional<int> count_in(const std::string& text) {
  int count = 0;
  const auto* end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, count);
  return read.ec == std::errc{} && read.ptr == end ? std::optional{count} : std::nullopt;
}

/// Imports as many rows as the payload says. Goes on where the previous attempt was interrupted.
run_result import_rows(belfry::run& run) {
  const auto rows = count_in(run.payload());
  if (!rows)
    return run_result::failed_permanently("bad_payload", "expected a number of rows");
  const auto first = count_in(run.previous_progress()).value_or(0);
  for (int row = first; row < *rows; ++row) {
    if (run.wait_for_stop(10ms)) { // Here it would import the row.
      if (const auto saved = run.save_progress(std::to_string(row)); !saved)
        return run_result::failed("not_saved", saved.error().what);
      return run_result::interrupted();
    }
    run.heartbeat(std::to_string(row + 1) + " of " + std::to_string(*rows) + " rows");
  }
  return run_result::success("imported " + std::to_string(*rows) + " rows");
}

/// The signals that end this program: blocked in all of its threads, so that `main` can wait.
sigset_t block_stop_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return signals;
}

} // namespace

int main() {
  const auto signals = block_stop_signals(); // Before the node starts its threads.
  belfry::handler_registry handlers;
  handlers.on("mail", send_mail).on("import", import_rows);
  const auto worker =
      belfry::node::start({.storage = belfry::remote_storage{.nodes = {{"127.0.0.1", 4100}}},
                           .worker = belfry::node_worker{.slots = 4}},
                          handlers);
  if (!worker) {
    std::cerr << worker.error().what << "\n";
    return EXIT_FAILURE;
  }
  std::cout << "runs mail and import" << std::endl;
  int signal = 0;
  sigwait(&signals, &signal);
  (*worker)->stop(10s); // Gives the running handlers up to 10 s.
  return EXIT_SUCCESS;
}
