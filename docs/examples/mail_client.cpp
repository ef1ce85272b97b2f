// A client alone: submits a letter to a node on this machine, and waits for its end.
// mail_worker.cpp is the worker that sends it.
#include <belfry/client.hpp>

#include <chrono>
#include <cstdlib>
#include <iostream>
#include <string>

namespace {

using namespace std::chrono_literals;

belfry::task_spec letter_to(const std::string& address) {
  belfry::task_spec task;
  task.kind = "mail";
  task.payload = address;
  task.key = "welcome " + address; // A second submission is the same task.
  task.timeout = 30s;              // Of one attempt.
  task.retry.attempts_max = 10;
  task.retry.rules = {
      {.error = "unreachable", .delay = 100ms},       // Always this pause.
      {.error = "bad_address", .is_retryable = false} // Dead at once.
  };
  return task;
}

int fail(const belfry::failure& why) {
  std::cerr << why.what << "\n";
  return EXIT_FAILURE;
}

} // namespace

int main(int count, char** arguments) {
  const auto client = belfry::client::connect("127.0.0.1", 4100);
  if (!client)
    return fail(client.error());
  const auto task = (*client)->submit(letter_to(count > 1 ? arguments[1] : "ann@example.org"));
  if (!task)
    return fail(task.error());
  std::cout << (task->is_duplicate ? "submitted before" : "submitted") << std::endl;
  const auto settled = (*client)->tasks().wait(task->id, 10min);
  if (!settled)
    return fail(settled.error());
  std::cout << to_string(settled->state) << " at attempt " << settled->attempt << "\n";
  return settled->state == belfry::task_state::succeeded ? EXIT_SUCCESS : EXIT_FAILURE;
}
