// A kind with a typed payload and output, hooks around all handlers, and a batch that is waited
// for. The node is in this program, too. docs/guides/write_a_handler.md explains it.
#include <belfry/client.hpp>
#include <belfry/node.hpp>
#include <belfry/task_type.hpp>

#include <google/protobuf/message_lite.h>
#include <google/protobuf/timestamp.pb.h>

#include <chrono>
#include <concepts>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <iostream>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

using namespace std::chrono_literals;

// --- what the programs that submit and those that run share ---

struct order {
  std::string customer;
  int cents = 0;
};

template <>
struct belfry::codec<order> {
  static std::string encode(const order& value) {
    return std::to_string(value.cents) + " " + value.customer;
  }
  static belfry::result<order> decode(const std::string& bytes) {
    std::istringstream in{bytes};
    order value;
    if (!(in >> value.cents >> std::ws) || !std::getline(in, value.customer))
      return belfry::failure{belfry::errc::invalid_argument, "'" + bytes + "' is not an order"};
    return value;
  }
};

/// The codec of all messages of Protobuf.
template <std::derived_from<google::protobuf::MessageLite> Message>
struct belfry::codec<Message> {
  static std::string encode(const Message& message) { return message.SerializeAsString(); }
  static belfry::result<Message> decode(const std::string& bytes) {
    Message message;
    if (!message.ParseFromString(bytes))
      return belfry::failure{belfry::errc::invalid_argument, "not a " + message.GetTypeName()};
    return message;
  }
};

using receipt = google::protobuf::Timestamp; // Or a message of your own.

const belfry::task_type<order, receipt> charge{
    {.kind = "charge", .queue = "money", .timeout = 30s, .retry = {.attempts_max = 3}}};

// --- the worker ---

namespace {

/// Charges a customer once, however often it runs: the task's key names the charge.
belfry::result<receipt> charge_card(belfry::run& run, const order& due) {
  if (due.cents <= 0)
    return belfry::failure{belfry::errc::invalid_argument, due.customer + " owes nothing"};
  std::clog << run.key() << ": " << due.cents << " cents of " << due.customer << "\n";
  receipt paid;
  paid.set_seconds(std::time(nullptr));
  return paid;
}

/// Logs how long each run took, and warns of tasks that are about to be dead.
belfry::run_result measure(belfry::run& run, const belfry::handler& next) {
  const auto begin = std::chrono::steady_clock::now();
  auto ended = next(run);
  const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - begin;
  std::clog << run.queue() << "/" << run.kind() << " took " << took.count() << " ms\n";
  if (ended.end == belfry::run_result::verdict::failed && run.is_last_attempt())
    std::clog << to_string(run.task()) << " is dead: " << ended.message << "\n";
  return ended;
}

/// Refuses runs while a file says so: they come back after a minute.
belfry::run_result pause_for_maintenance(belfry::run& run, const belfry::handler& next) {
  if (std::filesystem::exists("/run/maintenance"))
    return belfry::run_result::snoozed_for(1min);
  return next(run);
}

int fail(const belfry::failure& why) {
  std::cerr << why << "\n";
  return EXIT_FAILURE;
}

} // namespace

int main() {
  const auto directory = std::filesystem::temp_directory_path() / "belfry-typed";
  std::filesystem::remove_all(directory);
  belfry::handler_registry handlers;
  handlers.around(measure).around(pause_for_maintenance);
  handlers.on(charge, charge_card);
  handlers.on("greet", [](belfry::run& run) { return "good morning, " + run.payload(); });

  belfry::node_options options;
  options.storage = belfry::directory_storage{directory.string()};
  options.worker = belfry::node_worker{.slots = 2};
  options.listen.port = 0;
  options.log = {.level = belfry::log_level::warning, .sink = [](const belfry::log_line& line) {
                   std::clog << to_string(line.level) << ": " << line.text << "\n";
                 }};
  auto node = belfry::node::start(options, handlers);
  if (!node)
    return fail(node.error());
  auto client = belfry::client::connect("127.0.0.1", (*node)->port());
  if (!client)
    return fail(client.error());

  std::vector<belfry::task_spec> tasks;
  for (int number = 1; number <= 20; ++number) {
    auto task = charge.task({.customer = "ann", .cents = 100 * number});
    task.key = "order " + std::to_string(number);
    tasks.push_back(std::move(task));
  }
  std::vector<belfry::task_id> ids;
  for (const auto& accepted : (*client)->submit_many(tasks)) {
    if (!accepted)
      return fail(accepted.error());
    ids.push_back(accepted->id);
  }

  int paid = 0;
  for (const auto& settled : (*client)->tasks().wait_all(ids, 1min)) {
    const auto proof = settled.and_then([](const auto& task) { return charge.output(task); });
    if (!proof)
      return fail(proof.error());
    paid += proof->seconds() > 0 ? 1 : 0;
  }
  std::cout << paid << " of " << ids.size() << " orders are paid\n";
  return paid == 20 ? EXIT_SUCCESS : EXIT_FAILURE;
}
