#include "node/node_impl.hpp"

#include "base/local_messages.hpp"
#include "link/client_transport.hpp"
#include "link/dial_log.hpp"
#include "node/node_checks.hpp"
#include "node/storage_openers.hpp"
#include "node/supervisor.hpp"
#include "worker/worker.hpp"
#include "worker/worker_state.hpp"

#include "os/entropy.hpp"
#include "os/handlers/exec.hpp"
#include "os/link/user_secret.hpp"
#include "os/process.hpp"
#include "os/system_clock.hpp"
#include "text/printable.hpp"
#include "wire/envelope.hpp"

#include <caf/exit_reason.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <optional>
#include <system_error>
#include <utility>
#include <variant>
#include <vector>

namespace belfry {

namespace {

constexpr auto server_name = "server";
constexpr auto worker_name = "worker";

/// For an interrupted worker to end its runs and to report them.
constexpr duration worker_interrupt_max{9'000};
constexpr duration server_stop_max{10'000};
constexpr duration grace_shown_max{std::chrono::hours{24 * 366}};
constexpr duration kill_max{2'000};
constexpr duration connect_timeout{5'000};
/// A worker waits for its tasks until it gets `interrupt_now_atom`.
constexpr duration worker_drain_timeout{std::chrono::hours{24 * 366}};

std::shared_ptr<const clock> make_clock() {
  return std::make_shared<system_clock>(system_clock::options{
      .on_step =
          [](const clock_step& step) {
            spdlog::error("clock.stepped kind={} by_ms={}", log_value(to_string(step.type)),
                          step.offset.count());
          },
      .read_clocks = {}});
}

bool is_any_address(const std::string& address) {
  return address == "0.0.0.0" || address == "::";
}

/// Of the node's tasks; empty: any.
std::string cluster_name(const node_storage& storage) {
  if (const auto* database = std::get_if<database_storage>(&storage))
    return database->cluster;
  if (const auto* disk = std::get_if<directory_storage>(&storage))
    return disk->cluster.value_or("");
  return std::get<remote_storage>(storage).cluster.value_or("");
}

std::uint32_t slots_of(const node_options& options) {
  if (!options.worker)
    return 0;
  return options.worker->slots.value_or(static_cast<std::uint32_t>(2 * processor_count()));
}

std::optional<std::uint16_t> shards_of(const node_storage& storage) {
  if (const auto* database = std::get_if<database_storage>(&storage))
    return database->shards;
  return std::get<directory_storage>(storage).shards;
}

/// This node as a member of its cluster. The port is 0 until the router is published.
member member_of(const std::string& name, const database_storage& database,
                 const node_options& options) {
  const auto advertised = options.listen.advertise.value_or(node_address{});
  const auto& bind = options.listen.bind;
  member self;
  self.id = {std::max<std::uint64_t>(entropy_seed() >> 1, 1)};
  self.name = name;
  self.machine = host_name();
  self.host = advertised.host;
  if (self.host.empty())
    self.host = is_any_address(bind) ? self.machine : bind;
  self.port = advertised.port;
  self.weight = database.weight;
  self.settings = "protocol=" + std::to_string(protocol_version) +
                  " lease=" + std::to_string(options.runs.lease.count()) +
                  "ms failure_timeout=" + std::to_string(database.failure_timeout.count()) +
                  "ms payload_max=" + std::to_string(options.submits.payload_bytes_max);
  return self;
}

} // namespace

result<done> journal_source::open_ahead() {
  auto opened = opener_();
  if (!opened)
    return opened.error();
  opened_ = std::move(*opened);
  return done{};
}

result<std::shared_ptr<journal>> journal_source::open() {
  const std::lock_guard lock(mutex_);
  if (opened_)
    return std::exchange(opened_, nullptr);
  return opener_();
}

/// The supervisor restarts the worker: this holds its present incarnation.
struct node::implementation::current_worker {
  std::mutex mutex;
  caf::actor actor;
};

node::implementation::implementation(node_options given, handler_registry handlers_by_kind,
                                     task_behaviors behaviors_by_kind)
    : options(std::move(given)), name(options.name.value_or(process_name())),
      slots(slots_of(options)), handlers(std::move(handlers_by_kind)),
      behaviors(std::move(behaviors_by_kind)), time(make_clock()) {
  if (handlers.find("exec") == nullptr)
    handlers.on("exec",
                exec_handler({}, {.is_clean = false,
                                  .has_database_password =
                                      std::holds_alternative<database_storage>(options.storage)}));
}

node::implementation::~implementation() {
  stop(duration{0});
}

result<done> node::implementation::load_credentials() {
  auto credentials = transport_credentials::load(options.security, user_directory());
  if (!credentials)
    return credentials.error();
  credentials_ = std::move(*credentials);
  return done{};
}

result<done> node::implementation::open_journal() {
  const auto openers = openers_of(options.storage);
  if (const auto* database = std::get_if<database_storage>(&options.storage))
    self_ = member_of(name, *database, options);
  if (const auto wanted = shards_of(options.storage)) {
    shards = *wanted;
  } else {
    const auto stored = openers.shards();
    if (!stored)
      return stored.error();
    shards = *stored;
  }
  source_ = std::make_shared<journal_source>(
      [open = openers.open, count = shards, owner = self_.id] { return open(count, owner); });
  open_membership_ = openers.open_membership;
  if (openers.open_outbox) {
    outbox_source_ = std::make_shared<journal_source>(openers.open_outbox);
    if (auto opened = outbox_source_->open_ahead(); !opened)
      return opened;
  }
  return source_->open_ahead();
}

result<done> node::implementation::boot() {
  try {
    if (slots > 0)
      runners_ = std::make_unique<runner_pool>(handlers, slots);
    system_ = std::make_unique<caf::actor_system>(*config_);
  } catch (const std::system_error& error) {
    return failure{errc::unavailable, std::string{"cannot start threads: "} + error.what()};
  }
  // Connections may end late; `stop` waits for the actors that matter.
  system_->await_actors_before_shutdown(false);
  return done{};
}

result<done> node::implementation::start_server() {
  assembly_options assembly;
  assembly.name = name;
  assembly.cluster = cluster_name(options.storage);
  assembly.time = time;
  assembly.booted_at = read_boot_instant();
  assembly.open_journal = [source = source_] { return source->open(); };
  assembly.shards = shards;
  assembly.seed = entropy_seed();
  assembly.submits = options.submits;
  assembly.runs = options.runs;
  assembly.per_shard_limits.settled_kept_max = options.settled_tasks_max;
  assembly.has_collector = true;
  assembly.counts_tasks = options.http.has_value();
  if (open_membership_) {
    peer_transport_ = make_transport(is_system_stopping_);
    cluster_limits limits;
    limits.failure_timeout = std::get<database_storage>(options.storage).failure_timeout;
    assembly.cluster_keeper =
        cluster_keeper_options{self_, open_membership_, peer_transport_, limits};
    if (outbox_source_)
      assembly.open_outbox = [source = outbox_source_] { return source->open(); };
  }
  assembly.runs_on_io_thread = actor_threads() == 1;
  assembly.publish = [this](const caf::actor& router) { return publish(router); };
  auto assembled = assemble_node(*system_, std::move(assembly));
  if (!assembled)
    return assembled.error();
  server_ = std::move(*assembled);
  port = server_.port;
  watched_actors.watch(server_name, server_.supervisor);
  if (auto serving = start_http(); !serving) // Before the shards: it tells that they recover.
    return serving;
  return wait_until_serving();
}

caf::actor
node::implementation::make_transport(std::shared_ptr<const std::atomic<bool>> is_cancelled) {
  auto log = std::make_shared<dial_log>();
  return spawn_transport(*system_,
                         {connect_timeout, std::move(is_cancelled), credentials_, limits_of_links(),
                          [log](const node_address& address, const result<done>& outcome) {
                            log->note(address, outcome);
                          }});
}

/// For accepted and for dialled connections.
link_limits node::implementation::limits_of_links() const {
  link_limits limits;
  limits.frame_bytes_max = std::max(limits.frame_bytes_max, 8 * options.submits.payload_bytes_max);
  return limits;
}

result<std::uint16_t> node::implementation::publish(const caf::actor& router) {
  node_acceptor_options accepting;
  accepting.address = {options.listen.bind, options.listen.port};
  accepting.credentials = credentials_;
  accepting.time = time;
  accepting.limits = limits_of_links();
  auto opened = node_acceptor::open(*system_, router, accepting);
  if (!opened && options.listen.may_change_port && opened.error().code != errc::invalid_argument) {
    accepting.address.port = 0;
    opened = node_acceptor::open(*system_, router, std::move(accepting));
  }
  if (!opened && opened.error().code == errc::invalid_argument)
    return opened.error();
  if (!opened)
    return failure{errc::unavailable,
                   "cannot listen on " +
                       to_string(node_address{options.listen.bind, options.listen.port}) + ": " +
                       opened.error().what};
  acceptor_ = std::move(*opened);
  if (credentials_->required_method() == auth_method::none)
    spdlog::error("node.insecure name={} reason=\"any client that reaches its port is accepted\"",
                  log_value(name));
  return acceptor_->port();
}

/// Requests the node's status, as a client does, until all shards of this node have recovered.
result<done> node::implementation::wait_until_serving() {
  wire::Request request;
  request.mutable_status();
  caf::scoped_actor self{*system_};
  for (bool is_serving = false; !is_serving;) {
    if (const auto failed = watched_actors.first_failure())
      return *failed;
    self->send(server_.router, request_atom::value, envelope{wire::seal(request), 0});
    self->receive(
        [&](response_atom, const envelope& sealed) {
          wire::Response answer;
          if (!wire::open(sealed.bytes, answer))
            return;
          const auto& status = answer.status();
          is_serving = status.is_joined() && status.shards_serving() >= status.shards_held();
        },
        caf::after(std::chrono::seconds(1)) >> [] {});
    if (!is_serving)
      (void)watched_actors.wait_for_end(server_name, duration{5});
  }
  return done{};
}

caf::actor node::implementation::present_worker() {
  if (!worker_)
    return nullptr;
  const std::lock_guard lock(worker_->mutex);
  return worker_->actor;
}

result<done> node::implementation::start_worker() {
  worker_options worker;
  if (server_.router)
    worker.router = server_.router;
  else
    worker.addresses = std::get<remote_storage>(options.storage).nodes;
  transport_ = make_transport(is_cancelled_);
  worker.transport = transport_;
  worker.name = name;
  worker.cluster = cluster_name(options.storage);
  worker.kinds = handlers.kinds();
  worker.queues = options.worker->queues.value_or(std::vector<std::string>{});
  worker.slots = slots;
  worker.prefetch = options.worker->prefetch;
  worker.run_executor = runners_.get();
  worker.actor_kinds = behaviors;
  worker.drain_timeout = worker_drain_timeout;
  worker_ = std::make_shared<current_worker>();
  auto start = [worker, current = worker_](caf::actor_system& system) mutable {
    worker.seed = entropy_seed();
    auto started = spawn_worker(system, worker);
    const std::lock_guard lock(current->mutex);
    return current->actor = std::move(started);
  };
  worker_supervisor_ = spawn_supervisor(
      *system_, {{.name = "worker", .index = 0, .start = std::move(start), .limits = {}}});
  watched_actors.watch(worker_name, worker_supervisor_);
  return done{};
}

void node::implementation::stop(duration grace_period) {
  const std::lock_guard lock(stop_mutex_);
  if (std::exchange(is_stopped_, true) || !system_)
    return;
  spdlog::info("node.stopping name={} grace_period_ms={}", log_value(name), grace_period.count());
  watched_actors.expect_termination();
  if (server_.router)
    caf::anon_send(
        server_.router,
        node_stopping{worker_supervisor_ ? std::min(grace_period, grace_shown_max) : duration{0}});
  if (worker_supervisor_)
    stop_worker(grace_period);
  if (server_.supervisor)
    stop_server();
  if (watched_actors.wait_for_end(worker_name, duration{0}) &&
      watched_actors.wait_for_end(server_name, duration{0}))
    stop_system();
  else
    leak_system();
  spdlog::info("node.stopped name={}", log_value(name));
  watched_actors.release_waiters();
}

void node::implementation::stop_worker(duration grace_period) {
  *is_cancelled_ = true; // Or the worker would wait for connections that it dials.
  caf::anon_send_exit(worker_supervisor_, caf::exit_reason::user_shutdown);
  if (watched_actors.wait_for_end(worker_name, grace_period))
    return;
  caf::anon_send(present_worker(), interrupt_now_atom::value);
  if (watched_actors.wait_for_end(worker_name, worker_interrupt_max))
    return;
  spdlog::error("worker.killed name={} reason=\"it did not stop in time\"", log_value(name));
  caf::anon_send_exit(worker_supervisor_, caf::exit_reason::kill);
  (void)watched_actors.wait_for_end(worker_name, kill_max);
}

void node::implementation::stop_server() {
  http_.reset();
  acceptor_.reset();
  caf::anon_send_exit(server_.supervisor, caf::exit_reason::user_shutdown);
  (void)watched_actors.wait_for_end(server_name, server_stop_max);
}

void node::implementation::stop_system() {
  *is_system_stopping_ = true; // Not before: a leaving node still sends hints to its peers.
  for (const auto& transport : {transport_, peer_transport_})
    if (transport)
      caf::anon_send_exit(transport, caf::exit_reason::user_shutdown);
  // Cancels the handlers that still run, and abandons those that do not end.
  runners_.reset();
  server_ = {};
  worker_supervisor_ = nullptr;
  transport_ = peer_transport_ = nullptr;
  worker_.reset();
  system_.reset();
}

/// The destructor of an actor system waits for its threads. A thread that waits for a dead disk
/// never ends, so everything that it may access stays until the process ends.
void node::implementation::leak_system() {
  spdlog::error("node.stop_timed_out name={} reason=\"an actor did not stop in time\"",
                log_value(name));
  skip_destructors_at_exit();
  (void)system_.release();
  (void)runners_.release();
  (void)config_.release();
}

} // namespace belfry
