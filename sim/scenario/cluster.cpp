#include "scenario/cluster.hpp"

#include "base/local_messages.hpp"
#include "belfry/actors/protocol.hpp"
#include "journal/memory_journal.hpp"
#include "journal/memory_membership.hpp"
#include "node/node_assembly.hpp"
#include "task/state/shard_epoch.hpp"
#include "worker/worker.hpp"
#include "worker/worker_state.hpp"

#include <caf/event_based_actor.hpp>
#include <caf/exit_reason.hpp>
#include <caf/send.hpp>

#include <algorithm>
#include <utility>

namespace belfry::sim {

namespace {

std::vector<std::unique_ptr<checker>> all_checkers(const cluster_options& options) {
  std::vector<std::unique_ptr<checker>> all;
  all.push_back(nothing_lost());
  all.push_back(nothing_early());
  all.push_back(attempts_bounded());
  all.push_back(tokens_grow());
  all.push_back(nothing_repeats());
  all.push_back(one_at_a_time());
  all.push_back(keys_hold());
  all.push_back(schedules_match());
  all.push_back(settled_for_a_reason());
  all.push_back(bytes_survive());
  all.push_back(progress_kept());
  all.push_back(counts_agree());
  all.push_back(damage_noticed());
  all.push_back(no_alarm());
  all.push_back(deferred_delivered());
  if (options.extra_checkers)
    for (auto& extra : options.extra_checkers())
      all.push_back(std::move(extra));
  return all;
}

constexpr duration restart_delay{1'000};
/// As in a node: a worker waits for its runs until `stop_worker` interrupts them.
constexpr duration drain_timeout{std::chrono::hours{24 * 366}};
constexpr duration clock_check_interval{10'000};

} // namespace

cluster::cluster(cluster_options options)
    : options_(std::move(options)), current_executors_(options_.workers, nullptr),
      world_({options_.seed, options_.network, &tap_, options_.start_time}),
      servers_(make_servers(options_.servers, world_)), workers_(options_.workers),
      history_(world_.run_trace(), servers_[0].time, all_checkers(options_)),
      random_(options_.seed ^ 0xC105'7E12ULL) {
  tap_.set_history(&history_);
  for (std::uint32_t index = 0; index < options_.servers; ++index)
    boot_server(index);
  for (std::uint32_t index = 0; index < options_.workers; ++index)
    boot_worker(index);
  client_ = std::make_unique<sim_client>(
      sim_client::setup{known_addresses(), random_.next(), options_.shards, options_.batch_max},
      world_.start(client_name), world_, history_);
}

cluster::~cluster() {
  tap_.set_history(nullptr);
  for (auto& server : servers_)
    server.connection->is_closed = true;
  for (auto* executor : current_executors_)
    if (executor)
      executor->end();
}

std::vector<cluster::server_machine> cluster::make_servers(std::uint32_t count, world& sim_world) {
  std::vector<server_machine> servers(count);
  for (auto& server : servers)
    server.time = std::make_shared<server_clock>(sim_world);
  return servers;
}

/// A few servers only: nodes find the others through these.
std::vector<node_address> cluster::known_addresses() const {
  constexpr std::uint32_t known_max = 2;
  std::vector<node_address> addresses;
  for (std::uint32_t index = 0; index < std::min(options_.servers, known_max); ++index)
    addresses.push_back({server_name(index), default_port});
  return addresses;
}

void cluster::boot_server(std::uint32_t index) {
  if (!may_boot(index))
    return world_.after(clock_check_interval, [this, index] { boot_server(index); });
  auto& server = servers_[index];
  auto& node = world_.start(server_name(index));
  assembly_options options;
  options.name = node.name();
  server.time->restart();
  server.pause = restart_delay;
  server.connection =
      std::make_shared<storage_connection>(storage_connection{server.connection->is_cut, false});
  options.time = server.time;
  if (!server.booted_at)
    server.booted_at = server.time->wall_clock();
  options.booted_at = server.booted_at;
  memory_journal::options journal_options;
  if (is_shared()) {
    options.cluster_keeper = cluster_keeper_of(index, node);
    journal_options = {options.cluster_keeper->self.id,
                       [connection = server.connection] { return connection->is_down(); }};
    options.open_outbox = [disk = server.outbox]() -> result<std::shared_ptr<journal>> {
      return std::shared_ptr<journal>{std::make_shared<memory_journal>(disk)};
    };
  }
  options.open_journal = [disk = disk_, journal_options]() -> result<std::shared_ptr<journal>> {
    return std::shared_ptr<journal>{std::make_shared<memory_journal>(disk, journal_options)};
  };
  options.shards = options_.shards;
  options.seed = random_.next();
  options.is_keeper_detached = false;
  options.per_shard_limits = options_.per_shard_limits;
  options.submits = options_.admission_limits;
  options.publish = [&node](const caf::actor& router) -> result<std::uint16_t> {
    node.publish(router, default_port);
    return default_port;
  };
  const auto running = *assemble_node(node.system(), std::move(options));
  node.retain_root(running.supervisor);
  server.supervisor = running.supervisor;
  ++server.incarnations;
  watch(index);
}

cluster_keeper_options cluster::cluster_keeper_of(std::uint32_t index, const sim_node& node) {
  cluster_keeper_options sharing;
  sharing.self.id = {(random_.next() >> 1) | 1U};
  sharing.self.name = sharing.self.host = sharing.self.machine = node.name();
  sharing.self.settings = "simulated";
  sharing.open = [this, connection =
                            servers_[index].connection]() -> result<std::shared_ptr<membership>> {
    return std::shared_ptr<membership>{std::make_shared<memory_membership>(
        disk_, memory_membership::options{options_.shards, [this] { return world_.now(); },
                                          [connection] { return connection->is_down(); }})};
  };
  sharing.transport = node.transport();
  return sharing;
}

/// Restarts a node that ended by itself, as a service manager does.
void cluster::watch(std::uint32_t index) {
  caf::actor_cast<caf::abstract_actor*>(servers_[index].supervisor)
      ->attach_functor(
          [this, index, incarnation = servers_[index].incarnations](const caf::error& reason) {
            if (world_.is_reclaiming())
              return;
            if (reason != caf::exit_reason::user_shutdown)
              history_.record(server_failed{caf::to_string(reason)});
            world_.after(world_time{0}, [this, index, incarnation] {
              if (incarnation == servers_[index].incarnations)
                crash_server(index, crash_kind::process_killed, crash_mode::keep,
                             servers_[index].pause);
            });
          });
}

std::unique_ptr<process_executor> cluster::make_executor(std::uint32_t index) {
  process_executor::setup setup{worker_name(index), [this, index] {
                                  world_.after(world_time{0}, [this, index] {
                                    crash_worker(index, crash_kind::process_killed, restart_delay);
                                  });
                                }};
  if (options_.make_executor)
    return options_.make_executor(std::move(setup), world_, history_);
  return std::make_unique<sim_executor>(std::move(setup), world_, history_, scripts_);
}

void cluster::boot_worker(std::uint32_t index) {
  const auto name = worker_name(index);
  auto& node = world_.start(name);
  executors_.push_back(make_executor(index));
  current_executors_[index] = executors_.back().get();
  worker_options options;
  options.addresses = known_addresses();
  options.transport = node.transport();
  options.name = name;
  options.kinds = options_.kinds;
  if (const auto missing_kind = options_.missing_kinds.find(index);
      missing_kind != options_.missing_kinds.end())
    std::erase(options.kinds, missing_kind->second);
  options.slots = options_.slots;
  options.seed = random_.next();
  options.run_executor = current_executors_[index];
  options.drain_timeout = drain_timeout;
  auto& process = workers_[index];
  process = {spawn_worker(node.system(), std::move(options)), process.incarnations + 1, false};
  node.retain_root(process.worker);
}

void cluster::crash_server(std::uint32_t index, crash_kind kind, crash_mode disk_mode,
                           duration pause) {
  const auto name = server_name(index);
  if (!world_.find(name))
    return;
  tap_.forget_children(name);
  (is_shared() ? servers_[index].outbox : disk_)->crash(disk_mode, random_.next());
  servers_[index].supervisor = nullptr;
  servers_[index].connection->is_closed = true;
  if (kind == crash_kind::power_lost)
    servers_[index].booted_at.reset();
  world_.kill(name, kind);
  world_.after(pause, [this, index] { boot_server(index); });
}

void cluster::restart_server(std::uint32_t index, duration pause) {
  servers_[index].pause = pause;
  if (servers_[index].supervisor)
    caf::anon_send_exit(servers_[index].supervisor, caf::exit_reason::user_shutdown);
}

void cluster::crash_worker(std::uint32_t index, crash_kind kind, duration pause) {
  if (!world_.find(worker_name(index)))
    return;
  current_executors_[index]->end();
  workers_[index].worker = nullptr;
  world_.kill(worker_name(index), kind);
  world_.after(pause, [this, index] { boot_worker(index); });
}

void cluster::stop_worker(std::uint32_t index, duration grace, duration pause) {
  auto& process = workers_[index];
  if (!process.worker || std::exchange(process.is_stopping, true))
    return;
  const auto if_present = [this, index, incarnation = process.incarnations](auto action) {
    return [this, index, incarnation, action] {
      if (workers_[index].incarnations == incarnation && workers_[index].worker)
        action();
    };
  };
  caf::actor_cast<caf::abstract_actor*>(process.worker)
      ->attach_functor([this, end = if_present([this, index, pause] {
                                crash_worker(index, crash_kind::process_killed, pause);
                              })] {
        if (!world_.is_reclaiming())
          world_.after(world_time{0}, end);
      });
  caf::anon_send_exit(process.worker, caf::exit_reason::user_shutdown);
  world_.after(grace, if_present([this, index] {
                 caf::anon_send(workers_[index].worker, interrupt_now_atom::value);
               }));
}

/// A server that starts on a restored disk with its clock behind the lost epochs may repeat them:
/// that is the limit of the promise. So the server starts when its clock has passed them.
bool cluster::may_boot(std::uint32_t server) const {
  return lost_epoch_ == 0 || disk_->latest_epoch() > lost_epoch_ ||
         epoch_min_at(servers_[server].time->wall_clock()) > lost_epoch_;
}

bool cluster::is_every_server_up() const {
  for (std::uint32_t index = 0; index < options_.servers; ++index)
    if (!world_.find(server_name(index)))
      return false;
  return true;
}

void cluster::replace_disk() {
  lost_epoch_ = std::max(lost_epoch_, disk_->latest_epoch());
  for (std::uint32_t index = 0; index < options_.servers; ++index)
    crash_server(index, crash_kind::process_killed, crash_mode::drop, restart_delay);
  history_.record(disk_replaced{!disk_->has_backup()});
  disk_->restore_backup();
  client_->forget_tasks();
}

void cluster::audit() {
  for (std::uint32_t index = 0; index < options_.servers; ++index)
    audit(index);
}

void cluster::audit(std::uint32_t server) {
  auto* node = world_.find(server_name(server));
  if (!node)
    return;
  for (std::uint16_t index = 0; index < options_.shards; ++index) {
    const auto shard = server_child(server, "shard", index);
    if (!shard)
      continue;
    node->system().spawn([this, shard, index](caf::event_based_actor* self) {
      self->request(shard, std::chrono::seconds{10}, audit_atom::value)
          .then(
              [this, index](const std::vector<std::string>& wrong) {
                for (const auto& violation : wrong)
                  history_.record(
                      audit_failed{"shard " + std::to_string(index) + ": " + violation});
              },
              [](const caf::error&) {});
    });
  }
}

} // namespace belfry::sim
