#include "node/node_impl.hpp"

#include "link/client_transport.hpp"
#include "link/dial_log.hpp"
#include "node/node_checks.hpp"
#include "node/node_storage.hpp"
#include "node/supervisor.hpp"
#include "worker/worker.hpp"
#include "worker/worker_state.hpp"

#include "os/entropy.hpp"
#include "os/handlers/exec.hpp"
#include "os/link/user_secret.hpp"
#include "os/process.hpp"
#include "wire/envelope.hpp"

#include <caf/exit_reason.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <system_error>
#include <utility>

namespace belfry {

namespace {

constexpr auto server_name = "keeping";
constexpr auto worker_name = "running";

/// A worker that was told to hurry kills what still runs and reports: it needs a while for it.
constexpr duration hurry_max{9'000};
constexpr duration server_stop_max{10'000};
constexpr duration kill_max{2'000};
constexpr duration connect_max{5'000};
/// A worker waits for its tasks until it is told to hurry.
constexpr duration worker_patience{std::chrono::hours{24 * 366}};

std::shared_ptr<const clock> make_clock() {
  return std::make_shared<system_clock>(
      system_clock::options{.on_step =
                                [](const clock_step& step) {
                                  spdlog::error("clock.stepped kind={} by_ms={}",
                                                to_string(step.what), step.offset.count());
                                },
                            .read_clocks = {}});
}

bool is_any_address(const std::string& address) {
  return address == "0.0.0.0" || address == "::";
}

/// Whose tasks a database holds unless somebody says otherwise.
constexpr auto cluster_default = "belfry";

/// This node, as the others of its cluster are to know it; the port may be yet unknown.
member member_of(const node_options& options) {
  member self;
  self.id = {std::max<std::uint64_t>(entropy_seed() >> 1, 1)};
  self.name = options.name;
  self.machine = host_name();
  self.host = options.advertise.host;
  if (self.host.empty())
    self.host = is_any_address(options.bind) ? self.machine : options.bind;
  self.port = options.advertise.port;
  self.weight = options.weight;
  self.settings = "protocol=" + std::to_string(protocol_version) +
                  " lease=" + std::to_string(options.runs.lease.count()) +
                  "ms silence=" + std::to_string(options.failure_timeout.count()) +
                  "ms payload_max=" + std::to_string(options.submits.payload_bytes_max);
  return self;
}

} // namespace

result<done> journal_source::open_ahead() {
  auto opened = opener_();
  if (!opened)
    return opened.error();
  early_ = std::move(*opened);
  return done{};
}

result<std::shared_ptr<journal>> journal_source::open() {
  const std::lock_guard lock(mutex_);
  if (early_)
    return std::exchange(early_, nullptr);
  return opener_();
}

/// The worker is restarted by its supervisor: this is where its present address is.
struct node::implementation::current_worker {
  std::mutex mutex;
  caf::actor actor;
};

node::implementation::implementation(node_options with, handler_registry known,
                                     task_behaviors actors)
    : options(std::move(with)), handlers(std::move(known)), behaviors(std::move(actors)),
      time(make_clock()) {
  if (options.name.empty())
    options.name = process_name();
  if (options.cluster.empty() && !options.store.empty())
    options.cluster = cluster_default;
  if (handlers.find("exec") == nullptr)
    handlers.on("exec", exec_handler());
}

node::implementation::~implementation() {
  stop(duration{0});
}

result<done> node::implementation::read_keys() {
  auto credentials = transport_credentials::load(options.security, user_directory());
  if (!credentials)
    return credentials.error();
  credentials_ = std::move(*credentials);
  return done{};
}

result<done> node::implementation::open_journal() {
  const auto storage = storage_of(options);
  if (storage.open_membership)
    self_ = member_of(options);
  if (options.shards == 0) {
    const auto shards = storage.shards();
    if (!shards)
      return shards.error();
    options.shards = *shards;
  }
  source_ = std::make_shared<journal_source>([open = storage.open, shards = options.shards,
                                              owner = self_.id] { return open(shards, owner); });
  open_membership_ = storage.open_membership;
  if (storage.open_outbox) {
    outbox_source_ = std::make_shared<journal_source>(storage.open_outbox);
    if (auto opened = outbox_source_->open_ahead(); !opened)
      return opened;
  }
  return source_->open_ahead();
}

result<done> node::implementation::boot() {
  try {
    if (options.slots > 0)
      runners_ = std::make_unique<runner_pool>(handlers, options.slots);
    system_ = std::make_unique<caf::actor_system>(*config_);
  } catch (const std::system_error& why) {
    return failure{errc::unavailable, std::string{"the system refuses threads: "} + why.what()};
  }
  // Some end in their own time (connections, say): each is waited for where it matters.
  system_->await_actors_before_shutdown(false);
  return done{};
}

result<done> node::implementation::start_server() {
  node_impl made;
  made.name = options.name;
  made.cluster = options.cluster;
  made.time = time;
  made.open_journal = [source = source_] { return source->open(); };
  made.shards = options.shards;
  made.seed = entropy_seed();
  made.submits = options.submits;
  made.runs = options.runs;
  if (open_membership_) {
    peer_transport_ = make_transport(is_system_stopping_);
    cluster_limits limits;
    limits.failure_timeout = options.failure_timeout;
    made.membership = cluster_keeper_options{self_, open_membership_, peer_transport_, limits};
    if (outbox_source_)
      made.open_outbox = [source = outbox_source_] { return source->open(); };
  }
  made.runs_on_io_thread = actor_threads() == 1;
  made.publish = [this](const caf::actor& router) { return publish(router); };
  auto assembled = assemble_node(*system_, std::move(made));
  if (!assembled)
    return assembled.error();
  server_ = std::move(*assembled);
  port = server_.port;
  monitors.watch(server_name, server_.supervisor);
  return wait_until_serving();
}

caf::actor
node::implementation::make_transport(std::shared_ptr<const std::atomic<bool>> is_cancelled) {
  auto log = std::make_shared<dial_log>();
  return spawn_transport(
      *system_,
      {connect_max, std::move(is_cancelled), credentials_, limits_of_links(),
       [log](const node_address& place, const result<done>& how) { log->note(place, how); }});
}

/// Of both those who dial this node and those whom it dials.
link_limits node::implementation::limits_of_links() const {
  link_limits limits;
  limits.frame_bytes_max = std::max(limits.frame_bytes_max, 8 * options.submits.payload_bytes_max);
  return limits;
}

result<std::uint16_t> node::implementation::publish(const caf::actor& router) {
  node_acceptor_options door;
  door.place = {options.bind, options.port};
  door.credentials = credentials_;
  door.time = time;
  door.limits = limits_of_links();
  auto opened = node_acceptor::open(*system_, router, door);
  if (!opened && options.may_change_port && opened.error().code != errc::invalid_argument) {
    door.place.port = 0;
    opened = node_acceptor::open(*system_, router, std::move(door));
  }
  if (!opened && opened.error().code == errc::invalid_argument)
    return opened.error();
  if (!opened)
    return failure{errc::unavailable,
                   "cannot listen on " + options.bind + ":" + std::to_string(options.port) +
                       ": the port is taken, or the address is not this machine's"};
  acceptor_ = std::move(*opened);
  if (credentials_->required_method() == auth_method::open)
    spdlog::error("node.insecure name={} reason=\"whoever reaches its port may do everything\"",
                  options.name);
  return acceptor_->port();
}

/// Asks for the node's status, as a client would, until all shards that are here have recovered.
result<done> node::implementation::wait_until_serving() {
  wire::Request question;
  question.mutable_status();
  caf::scoped_actor self{*system_};
  for (bool is_serving = false; !is_serving;) {
    if (const auto end = monitors.first_failure())
      return *end;
    self->send(server_.router, request_atom::value, envelope{wire::seal(question), 0});
    self->receive(
        [&](response_atom, const envelope& from) {
          wire::Response answer;
          if (!wire::open(from.bytes, answer))
            return;
          const auto& status = answer.status();
          is_serving = status.is_joined() && status.shards_serving() >= status.shards_held();
        },
        caf::after(std::chrono::seconds(1)) >> [] {});
    if (!is_serving)
      (void)monitors.wait_for_end(server_name, duration{5});
  }
  return done{};
}

result<done> node::implementation::start_worker() {
  worker_options how;
  if (server_.router)
    how.router = server_.router;
  else
    how.addresses = options.join;
  transport_ = make_transport(is_cancelled_);
  how.transport = transport_;
  how.name = options.name;
  how.cluster = options.cluster;
  how.kinds = handlers.kinds();
  how.queues = options.queues;
  how.slots = options.slots;
  how.prefetch = options.prefetch;
  how.run_executor = runners_.get();
  how.actor_kinds = behaviors;
  how.drain_timeout = worker_patience;
  worker_ = std::make_shared<current_worker>();
  auto start = [how, living = worker_](caf::actor_system& system) mutable {
    how.seed = entropy_seed();
    auto born = spawn_worker(system, how);
    const std::lock_guard lock(living->mutex);
    return living->actor = std::move(born);
  };
  worker_supervisor_ = spawn_supervisor(*system_, {{"worker", 0, std::move(start), {}}});
  monitors.watch(worker_name, worker_supervisor_);
  return done{};
}

void node::implementation::stop(duration patience) {
  const std::lock_guard lock(stop_mutex_);
  if (std::exchange(is_stopped_, true) || !system_)
    return;
  spdlog::info("node.stopping name={} poll_timeout_ms={}", options.name, patience.count());
  monitors.expect_termination();
  if (worker_supervisor_)
    stop_worker(patience);
  if (server_.supervisor)
    stop_server();
  if (monitors.wait_for_end(worker_name, duration{0}) &&
      monitors.wait_for_end(server_name, duration{0}))
    stop_system();
  else
    leak_system();
  spdlog::info("node.stopped name={}", options.name);
  monitors.release_waiters();
}

void node::implementation::stop_worker(duration patience) {
  *is_cancelled_ = true; // It would not end before somebody answers whom it dials.
  caf::anon_send_exit(worker_supervisor_, caf::exit_reason::user_shutdown);
  if (monitors.wait_for_end(worker_name, patience))
    return;
  {
    const std::lock_guard lock(worker_->mutex);
    caf::anon_send(worker_->actor, interrupt_now_atom::value);
  }
  if (monitors.wait_for_end(worker_name, hurry_max))
    return;
  spdlog::error("worker.killed name={} reason=\"it does not end\"", options.name);
  caf::anon_send_exit(worker_supervisor_, caf::exit_reason::kill);
  (void)monitors.wait_for_end(worker_name, kill_max);
}

void node::implementation::stop_server() {
  acceptor_.reset();
  caf::anon_send_exit(server_.supervisor, caf::exit_reason::user_shutdown);
  (void)monitors.wait_for_end(server_name, server_stop_max);
}

void node::implementation::stop_system() {
  *is_system_stopping_ = true; // Not before: a node that leaves its cluster still tells its heirs.
  for (const auto& one : {transport_, peer_transport_})
    if (one)
      caf::anon_send_exit(one, caf::exit_reason::user_shutdown);
  // Handlers that still run are cancelled here, and left behind if they do not end.
  runners_.reset();
  server_ = {};
  worker_supervisor_ = nullptr;
  transport_ = peer_transport_ = nullptr;
  worker_.reset();
  system_.reset();
}

/// The end of a system waits for its threads. One that waits for a dead disk never ends, so all
/// that it may touch stays, to the end of the process.
void node::implementation::leak_system() {
  spdlog::error("node.stop_timed_out name={} reason=\"an actor does not end\"", options.name);
  skip_destructors_at_exit();
  (void)system_.release();
  (void)runners_.release();
  (void)config_.release();
}

} // namespace belfry
