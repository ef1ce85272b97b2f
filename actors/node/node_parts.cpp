#include "node/node_parts.hpp"

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

constexpr auto keeping_name = "keeping";
constexpr auto running_name = "running";

/// A worker that was told to hurry kills what still runs and reports: it needs a while for it.
constexpr duration hurry_max{9'000};
constexpr duration keeping_end_max{10'000};
constexpr duration kill_max{2'000};
constexpr duration connect_max{5'000};
/// A worker waits for its tasks until it is told to hurry.
constexpr duration worker_patience{std::chrono::hours{24 * 366}};

std::shared_ptr<const clock> make_clock() {
  return std::make_shared<system_clock>(system_clock::options{
      .stepped =
          [](const clock_step& step) {
            spdlog::error("clock.stepped kind={} by_ms={}", to_string(step.what), step.by.count());
          },
      .read = {}});
}

bool is_any_address(const std::string& address) {
  return address == "0.0.0.0" || address == "::";
}

/// Whose tasks a database holds unless somebody says otherwise.
constexpr auto usual_cluster = "belfry";

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
                  "ms silence=" + std::to_string(options.silence.count()) +
                  "ms payload_max=" + std::to_string(options.submits.payload_bytes_max);
  return self;
}

} // namespace

result<done> journal_source::open_early() {
  auto opened = how_();
  if (!opened)
    return opened.error();
  early_ = std::move(*opened);
  return done{};
}

result<std::shared_ptr<journal>> journal_source::open() {
  const std::lock_guard lock(mutex_);
  if (early_)
    return std::exchange(early_, nullptr);
  return how_();
}

/// The worker is restarted by its supervisor: this is where its present address is.
struct node::parts::living_worker {
  std::mutex mutex;
  caf::actor actor;
};

node::parts::parts(node_options with, handler_registry known, task_behaviors actors)
    : options(std::move(with)), handlers(std::move(known)), behaviors(std::move(actors)),
      time(make_clock()) {
  if (options.name.empty())
    options.name = process_name();
  if (options.cluster.empty() && !options.store.empty())
    options.cluster = usual_cluster;
  if (handlers.find("exec") == nullptr)
    handlers.on("exec", exec_handler());
}

node::parts::~parts() {
  stop(duration{0});
}

result<done> node::parts::read_keys() {
  auto keys = link_keys::load(options.security, user_directory());
  if (!keys)
    return keys.error();
  keys_ = std::move(*keys);
  return done{};
}

result<done> node::parts::open_journal() {
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
    if (auto opened = outbox_source_->open_early(); !opened)
      return opened;
  }
  return source_->open_early();
}

result<done> node::parts::boot() {
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

result<done> node::parts::keep_tasks() {
  node_parts made;
  made.name = options.name;
  made.cluster = options.cluster;
  made.time = time;
  made.open_journal = [source = source_] { return source->open(); };
  made.shards = options.shards;
  made.seed = entropy_seed();
  made.submits = options.submits;
  made.runs = options.runs;
  if (open_membership_) {
    to_peers_ = make_transport(is_over_);
    cluster_limits limits;
    limits.silence = options.silence;
    made.membership = cluster_keeper_options{self_, open_membership_, to_peers_, limits};
    if (outbox_source_)
      made.open_outbox = [source = outbox_source_] { return source->open(); };
  }
  made.is_beside_network = actor_threads() == 1;
  made.publish = [this](const caf::actor& gateway) { return publish(gateway); };
  auto assembled = assemble_node(*system_, std::move(made));
  if (!assembled)
    return assembled.error();
  keeping_ = std::move(*assembled);
  port = keeping_.port;
  signs.watch(keeping_name, keeping_.supervisor);
  return wait_until_serving();
}

caf::actor node::parts::make_transport(std::shared_ptr<const std::atomic<bool>> is_given_up) {
  auto log = std::make_shared<dial_log>();
  return spawn_transport(*system_, {connect_max, std::move(is_given_up), keys_, limits_of_links(),
                                    [log](const node_place& place, const result<done>& how) {
                                      log->note(place, how);
                                    }});
}

/// Of both those who dial this node and those whom it dials.
link_limits node::parts::limits_of_links() const {
  link_limits limits;
  limits.frame_bytes_max = std::max(limits.frame_bytes_max, 8 * options.submits.payload_bytes_max);
  return limits;
}

result<std::uint16_t> node::parts::publish(const caf::actor& gateway) {
  gate_options door;
  door.place = {options.bind, options.port};
  door.keys = keys_;
  door.time = time;
  door.limits = limits_of_links();
  auto opened = link_gate::open(*system_, gateway, door);
  if (!opened && options.may_change_port && opened.error().code != errc::invalid_argument) {
    door.place.port = 0;
    opened = link_gate::open(*system_, gateway, std::move(door));
  }
  if (!opened && opened.error().code == errc::invalid_argument)
    return opened.error();
  if (!opened)
    return failure{errc::unavailable,
                   "cannot listen on " + options.bind + ":" + std::to_string(options.port) +
                       ": the port is taken, or the address is not this machine's"};
  gate_ = std::move(*opened);
  if (keys_->demanded() == link_kind::open)
    spdlog::error("node.insecure name={} why=\"whoever reaches its port may do everything\"",
                  options.name);
  return gate_->port();
}

/// Asks for the node's status, as a client would, until all shards that are here have recovered.
result<done> node::parts::wait_until_serving() {
  wire::Request question;
  question.mutable_status();
  caf::scoped_actor self{*system_};
  for (bool is_serving = false; !is_serving;) {
    if (const auto end = signs.first_end())
      return *end;
    self->send(keeping_.gateway, ask_atom::value, envelope{wire::seal(question), 0});
    self->receive(
        [&](answer_atom, const envelope& from) {
          wire::Answer answer;
          if (!wire::open(from.bytes, answer))
            return;
          const auto& status = answer.status();
          is_serving = status.is_joined() && status.shards_serving() >= status.shards_held();
        },
        caf::after(std::chrono::seconds(1)) >> [] {});
    if (!is_serving)
      (void)signs.wait_for_end(keeping_name, duration{5});
  }
  return done{};
}

result<done> node::parts::run_tasks() {
  worker_options how;
  if (keeping_.gateway)
    how.gateway = keeping_.gateway;
  else
    how.places = options.join;
  transport_ = make_transport(is_given_up_);
  how.transport = transport_;
  how.name = options.name;
  how.cluster = options.cluster;
  how.kinds = handlers.kinds();
  how.queues = options.queues;
  how.slots = options.slots;
  how.prefetch = options.prefetch;
  how.run_with = runners_.get();
  how.actor_kinds = behaviors;
  how.patience = worker_patience;
  worker_ = std::make_shared<living_worker>();
  auto start = [how, living = worker_](caf::actor_system& system) mutable {
    how.seed = entropy_seed();
    auto born = spawn_worker(system, how);
    const std::lock_guard lock(living->mutex);
    return living->actor = std::move(born);
  };
  running_ = spawn_supervisor(*system_, {{"worker", 0, std::move(start), {}}});
  signs.watch(running_name, running_);
  return done{};
}

void node::parts::stop(duration patience) {
  const std::lock_guard lock(ending_);
  if (std::exchange(is_down_, true) || !system_)
    return;
  spdlog::info("node.stopping name={} patience_ms={}", options.name, patience.count());
  signs.expect_ends();
  if (running_)
    end_worker(patience);
  if (keeping_.supervisor)
    end_keeping();
  if (signs.wait_for_end(running_name, duration{0}) &&
      signs.wait_for_end(keeping_name, duration{0}))
    end_system();
  else
    leave_behind();
  spdlog::info("node.stopped name={}", options.name);
  signs.all_over();
}

void node::parts::end_worker(duration patience) {
  *is_given_up_ = true; // It would not end before somebody answers whom it dials.
  caf::anon_send_exit(running_, caf::exit_reason::user_shutdown);
  if (signs.wait_for_end(running_name, patience))
    return;
  {
    const std::lock_guard lock(worker_->mutex);
    caf::anon_send(worker_->actor, hurry_atom::value);
  }
  if (signs.wait_for_end(running_name, hurry_max))
    return;
  spdlog::error("worker.killed name={} why=\"it does not end\"", options.name);
  caf::anon_send_exit(running_, caf::exit_reason::kill);
  (void)signs.wait_for_end(running_name, kill_max);
}

void node::parts::end_keeping() {
  gate_.reset();
  caf::anon_send_exit(keeping_.supervisor, caf::exit_reason::user_shutdown);
  (void)signs.wait_for_end(keeping_name, keeping_end_max);
}

void node::parts::end_system() {
  *is_over_ = true; // Not before: a node that leaves its cluster still tells its heirs.
  for (const auto& one : {transport_, to_peers_})
    if (one)
      caf::anon_send_exit(one, caf::exit_reason::user_shutdown);
  // Handlers that still run are cancelled here, and left behind if they do not end.
  runners_.reset();
  keeping_ = {};
  running_ = nullptr;
  transport_ = to_peers_ = nullptr;
  worker_.reset();
  system_.reset();
}

/// The end of a system waits for its threads. One that waits for a dead disk never ends, so all
/// that it may touch stays, to the end of the process.
void node::parts::leave_behind() {
  spdlog::error("node.stuck name={} why=\"an actor does not end\"", options.name);
  end_abruptly_at_exit();
  (void)system_.release();
  (void)runners_.release();
  (void)config_.release();
}

} // namespace belfry
