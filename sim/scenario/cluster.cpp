#include "scenario/cluster.hpp"

#include "base/local_messages.hpp"
#include "belfry/actors/protocol.hpp"
#include "journal/memory_journal.hpp"
#include "journal/memory_membership.hpp"
#include "node/node_assembly.hpp"
#include "worker/worker.hpp"

#include <caf/event_based_actor.hpp>
#include <caf/exit_reason.hpp>
#include <caf/send.hpp>

#include <algorithm>

namespace belfry::sim {

namespace {

std::vector<std::unique_ptr<checker>> all_checkers(const cluster_options& options) {
  std::vector<std::unique_ptr<checker>> all;
  all.push_back(nothing_lost());
  all.push_back(nothing_early());
  all.push_back(attempts_bounded());
  all.push_back(tokens_grow());
  all.push_back(one_at_a_time());
  all.push_back(keys_hold());
  all.push_back(schedules_match());
  all.push_back(settled_for_a_reason());
  all.push_back(bytes_survive());
  all.push_back(books_agree());
  all.push_back(damage_noticed());
  all.push_back(no_alarm());
  all.push_back(deferred_delivered());
  if (options.more_checkers)
    for (auto& one : options.more_checkers())
      all.push_back(std::move(one));
  return all;
}

constexpr duration manager_pause{1'000};

} // namespace

cluster::cluster(cluster_options options)
    : options_(std::move(options)), of_worker_(options_.workers, nullptr),
      world_({options_.seed, options_.network, &tap_, options_.begin}),
      servers_(make_servers(options_.servers, world_)),
      history_(world_.events(), servers_[0].time, all_checkers(options_)),
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
  for (auto& one : servers_)
    one.line->is_undo = true;
  for (auto* one : of_worker_)
    if (one)
      one->end();
}

std::vector<cluster::server_machine> cluster::make_servers(std::uint32_t count, world& sim_world) {
  std::vector<server_machine> servers(count);
  for (auto& one : servers)
    one.time = std::make_shared<server_clock>(sim_world);
  return servers;
}

/// Not all: the others are to be found through these.
std::vector<node_address> cluster::known_addresses() const {
  constexpr std::uint32_t known_max = 2;
  std::vector<node_address> addresses;
  for (std::uint32_t index = 0; index < std::min(options_.servers, known_max); ++index)
    addresses.push_back({server_name(index), default_port});
  return addresses;
}

void cluster::boot_server(std::uint32_t index) {
  auto& one = servers_[index];
  auto& node = world_.start(server_name(index));
  assembly_options parts;
  parts.name = node.name();
  one.time->restart();
  one.pause = manager_pause;
  one.line = std::make_shared<storage_connection>(storage_connection{one.line->is_cut, false});
  parts.time = one.time;
  memory_journal::options sharing;
  if (is_shared()) {
    parts.membership = membership_of(index, node);
    sharing = {parts.membership->self.id, [line = one.line] { return line->is_down(); }};
    parts.open_outbox = [disk = one.outbox]() -> result<std::shared_ptr<journal>> {
      return std::shared_ptr<journal>{std::make_shared<memory_journal>(disk)};
    };
  }
  parts.open_journal = [disk = disk_, sharing]() -> result<std::shared_ptr<journal>> {
    return std::shared_ptr<journal>{std::make_shared<memory_journal>(disk, sharing)};
  };
  parts.shards = options_.shards;
  parts.seed = random_.next();
  parts.is_keeper_detached = false;
  parts.per_shard_limits = options_.per_shard_limits;
  parts.submits = options_.of_submits;
  parts.publish = [&node](const caf::actor& router) -> result<std::uint16_t> {
    node.publish(router, default_port);
    return default_port;
  };
  const auto running = *assemble_node(node.system(), std::move(parts));
  node.retain_root(running.supervisor);
  one.supervisor = running.supervisor;
  ++one.incarnations;
  watch(index);
}

cluster_keeper_options cluster::membership_of(std::uint32_t index, const sim_node& node) {
  cluster_keeper_options sharing;
  sharing.self.id = {(random_.next() >> 1) | 1U};
  sharing.self.name = sharing.self.host = sharing.self.machine = node.name();
  sharing.self.settings = "simulated";
  sharing.open = [this, line = servers_[index].line]() -> result<std::shared_ptr<membership>> {
    return std::shared_ptr<membership>{std::make_shared<memory_membership>(
        disk_, memory_membership::options{options_.shards, [this] { return world_.now(); },
                                          [line] { return line->is_down(); }})};
  };
  sharing.transport = node.transport();
  return sharing;
}

/// What a service manager does: when the node gives itself up, it is started again.
void cluster::watch(std::uint32_t index) {
  caf::actor_cast<caf::abstract_actor*>(servers_[index].supervisor)
      ->attach_functor([this, index, life = servers_[index].incarnations](const caf::error& why) {
        if (world_.is_reclaiming())
          return;
        if (why != caf::exit_reason::user_shutdown)
          history_.record(server_failed{caf::to_string(why)});
        world_.after(world_time{0}, [this, index, life] {
          if (life == servers_[index].incarnations)
            crash_server(index, crash_kind::process_killed, crash_mode::keep,
                         servers_[index].pause);
        });
      });
}

std::unique_ptr<process_executor> cluster::make_executor(std::uint32_t index) {
  process_executor::setup setup{worker_name(index), [this, index] {
                                  world_.after(world_time{0}, [this, index] {
                                    crash_worker(index, crash_kind::process_killed, manager_pause);
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
  of_worker_[index] = executors_.back().get();
  worker_options options;
  options.addresses = known_addresses();
  options.transport = node.transport();
  options.name = name;
  options.kinds = options_.kinds;
  if (const auto lacks = options_.lacking.find(index); lacks != options_.lacking.end())
    std::erase(options.kinds, lacks->second);
  options.slots = options_.slots;
  options.seed = random_.next();
  options.run_executor = of_worker_[index];
  node.retain_root(spawn_worker(node.system(), std::move(options)));
}

void cluster::crash_server(std::uint32_t index, crash_kind how, crash_mode of_disk,
                           duration pause) {
  const auto name = server_name(index);
  if (!world_.find(name))
    return;
  tap_.forget_children(name);
  (is_shared() ? servers_[index].outbox : disk_)->crash(of_disk, random_.next());
  servers_[index].supervisor = nullptr;
  servers_[index].line->is_undo = true;
  world_.kill(name, how);
  world_.after(pause, [this, index] { boot_server(index); });
}

void cluster::restart_server(std::uint32_t index, duration pause) {
  servers_[index].pause = pause;
  if (servers_[index].supervisor)
    caf::anon_send_exit(servers_[index].supervisor, caf::exit_reason::user_shutdown);
}

void cluster::crash_worker(std::uint32_t index, crash_kind how, duration pause) {
  if (!world_.find(worker_name(index)))
    return;
  of_worker_[index]->end();
  world_.kill(worker_name(index), how);
  world_.after(pause, [this, index] { boot_worker(index); });
}

void cluster::replace_disk() {
  for (std::uint32_t index = 0; index < options_.workers; ++index)
    crash_worker(index, crash_kind::process_killed, manager_pause);
  for (std::uint32_t index = 0; index < options_.servers; ++index)
    crash_server(index, crash_kind::process_killed, crash_mode::drop, manager_pause);
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
                for (const auto& one : wrong)
                  history_.record(audit_failed{"shard " + std::to_string(index) + ": " + one});
              },
              [](const caf::error&) {});
    });
  }
}

} // namespace belfry::sim
