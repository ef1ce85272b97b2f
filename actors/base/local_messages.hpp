#pragma once

#include "belfry/task.hpp"
#include "journal/journal.hpp"
#include "journal/membership.hpp"
#include "metrics/node_metrics.hpp"
#include "task/granted_run.hpp"
#include "task/lane_summary.hpp"
#include "task/state/shard_epoch.hpp"
#include "wire/messages.pb.h"

#include <caf/actor.hpp>
#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/atom.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace belfry {

// Messages between the actors of one node. They never leave the process, so they carry plain C++
// values. Each comment begins with sender and receiver.

/// Supervisor -> every other child: the child of this name and index has (re)started.
struct child_started {
  std::string name;
  std::uint16_t index = 0;
  caf::actor child;
};

/// Cluster keeper -> supervisor: of the on-demand children of this name, exactly these shall run.
/// Answer: running_children, at once and whenever a child has ended that shall not run.
struct set_desired_children {
  std::string name;
  std::vector<std::uint16_t> indexes;
};
struct running_children {
  std::string name;
  std::vector<std::uint16_t> indexes; ///< running, or to be restarted after a pause
};

/// Supervisor -> cluster keeper: an on-demand child has ended and will not be restarted.
struct child_terminated {
  std::string name;
  std::uint16_t index = 0;
  bool is_fenced = false; ///< another node owns the shard; else the restart budget is used up
  std::string reason;     ///< for people
};

/// Cluster keeper -> router and dispatcher: the latest view of the cluster.
struct cluster_updated {
  member_id self;
  std::shared_ptr<const cluster_view> view;
  /// By shard, the node that answers for it: its owner, or the next one; a null id if there is
  /// none.
  std::vector<member_id> routes;
};

/// Router -> cluster keeper: drain the nodes called `node`, or undrain them. The cluster keeper
/// answers the client.
struct drain_node {
  caf::actor client;
  std::uint64_t correlation = 0;
  std::string node;
  bool is_undrain = false;
};

/// Shard -> journal keeper: acquire the ownership of the shard. Answer: shard_acquired.
struct acquire_shard {
  shard_id shard;
  std::uint64_t epoch_min = 0; ///< the new epoch is at least this one
};
struct shard_acquired {
  storage_status outcome;
  shard_ownership ownership;
};

/// Shard -> journal keeper: read a chunk of the journal. Answer: journal_chunk.
struct read_journal {
  shard_id shard;
  std::uint64_t start_position = 1;
};
struct journal_chunk {
  storage_status outcome;
  std::uint64_t next = 1; ///< where the following chunk begins
  bool is_end = false;
  std::vector<std::string> batches;
};

/// Shard -> journal keeper: append this batch; one at a time. Answer: batch_written, once the batch
/// is as durable as `level` demands.
struct write_batch {
  append_batch batch;
  durability level = durability::durable;
};
struct batch_written {
  storage_status outcome;
  bool has_space = true; ///< false: accept no new tasks, the disk is nearly full
  append_batch refused;  ///< after `no_space` or `unavailable`: the batch, to be sent again later
};

/// Shard -> journal keeper: is there disk space for new tasks again? Answer: space_checked.
struct check_space {};
struct space_checked {
  bool has_space = true;
};

/// Journal keeper -> router: why the storage does not take everything at present; empty: it does.
/// Sent when that changes, and first when the keeper has opened the journal and knows the router.
struct storage_updated {
  std::string trouble; ///< for people
};

/// Any thread -> router: the node stops, and its runs have this long to end.
struct node_stopping {
  duration grace{0};
};

/// Router -> journal keeper: copy the journal to the new directory. The keeper answers the client.
struct copy_journal {
  caf::actor client;
  std::uint64_t correlation = 0;
  std::string directory;
  instant requested_at{}; ///< by the node's clock
};

/// Shard -> journal keeper: store these parts of a snapshot. Answer: objects_put.
struct put_objects {
  shard_id shard;
  std::uint64_t epoch = 0;
  std::vector<object> objects;
};
struct objects_put {
  storage_status outcome;
};

/// Shard -> journal keeper: these parts replace all events before `position`. Answer:
/// snapshot_committed, once that is durable.
struct commit_snapshot {
  shard_id shard;
  std::uint64_t epoch = 0;
  std::uint64_t position = 1;
  std::vector<std::string> keys;
};
struct snapshot_committed {
  storage_status outcome;
};

/// Shard -> journal keeper: read the next parts of the last snapshot, from the key after `after`
/// on. Answer: snapshot_chunk.
struct read_snapshot {
  shard_id shard;
  std::string after; ///< empty: from the first
};
struct snapshot_chunk {
  storage_status outcome;
  std::uint64_t position = 1; ///< the first event to replay; 1: there is no snapshot
  std::vector<object> objects;
  bool is_end = false;
};

/// Shard -> dispatcher: the lanes of ready tasks, or those that changed. A lane with 0 waiting
/// tasks is empty, or its queue is paused.
struct lane_update {
  shard_id shard;
  caf::actor sender;
  bool is_complete = false; ///< these are all lanes of the shard: it began to serve, or was asked
  std::vector<lane_summary> lanes;
  std::uint64_t epoch = 0;  ///< of the shard's owner; only if `is_complete`
  bool wants_flush = false; ///< answer with a `flush_atom`, after the `grant_tasks` that result
};

/// Dispatcher -> shard: send all lanes. Sent by a new dispatcher, or when its view may be stale.
struct request_lanes {};

/// Dispatcher -> shard: grant up to `count` tasks of a lane to a session.
struct grant_tasks {
  session_id session;
  std::string queue;
  std::string kind;
  std::size_t count = 0;
};

/// Shard -> dispatcher: the answer to grant_tasks.
struct tasks_granted {
  shard_id shard;
  grant_tasks request;
  std::size_t granted = 0;
  bool is_unknown_session = false; ///< the worker must attach again
};

/// Dispatcher -> shard: a worker is attached and holds these runs; any other run that the shard has
/// granted to it is lost. Sent to all shards when a worker (re)connects, and to a restarted shard.
struct worker_attached {
  session_id session;
  caf::actor worker;
  std::vector<granted_run> held;
  std::vector<begun_run> begun{}; ///< those of `held` whose handlers have begun
  std::uint64_t number = 0;       ///< of the Attach
  shard_memory remembered{};      ///< by the worker
  bool tells_begin = false;       ///< the worker says when the handlers of its runs begin
  std::string worker_name{};
};

/// Dispatcher -> shard: the connection to a worker is lost; messages to the worker are lost until
/// it attaches again.
struct worker_disconnected {
  session_id session;
};

/// Dispatcher -> shard: a worker sent a heartbeat or an Attach of this number, with the progress of
/// its runs and those whose handlers have begun.
struct worker_heartbeat {
  struct run_progress {
    task_id task;
    fencing_token token;
    std::string text;
  };
  session_id session;
  std::vector<run_progress> progress;
  std::vector<begun_run> begun{};
  std::uint64_t number = 0;
};

/// Shard or router -> dispatcher: complete this answer and send it. The dispatcher adds why a ready
/// task has no worker, or the workers of the node.
struct complete_answer {
  caf::actor client;
  wire::Response answer;
  std::string queue; ///< of the ready task
  std::string kind;
};

/// Shard -> outbox: the queues whose tasks may wait in an outbox, as far as this shard knows.
struct outbox_queues {
  std::set<std::string> queues;
};

/// Outbox -> router: the queues whose tasks the outbox accepts, and how many tasks wait in it.
struct outbox_updated {
  std::set<std::string> queues;
  std::uint64_t tasks = 0;
};

/// Metrics collector -> shard, journal keeper. Answer: shard_collected, journal_collected.
struct collect_metrics {
  std::uint64_t number = 0; ///< of the collection; the answer repeats it
};
struct shard_collected {
  std::uint64_t number = 0;
  shard_metrics metrics;
};
struct journal_collected {
  std::uint64_t number = 0;
  journal_metrics metrics;
};
/// Metrics collector -> dispatcher: why do the ready tasks of these lanes wait? Answer:
/// dispatch_collected.
struct explain_lanes {
  std::uint64_t number = 0;
  std::vector<std::pair<std::string, std::string>> lanes; ///< queue and kind
};
struct dispatch_collected {
  std::uint64_t number = 0;
  dispatch_metrics metrics;
};

/// Any thread -> metrics collector: calls `done`, on the collector's thread, within three seconds.
struct report_metrics {
  std::function<void(const node_metrics&)> done;
};

/// Any actor -> shard: check invariants. Answer: the violations, as `std::vector<std::string>`.
using audit_atom = caf::atom_constant<caf::atom("audit")>;

/// To itself, and dispatcher -> shard after `lane_update::wants_flush`: write the gathered batch.
using flush_atom = caf::atom_constant<caf::atom("flush")>;
/// Journal keeper -> itself: sync the batches written since the last sync.
using sync_atom = caf::atom_constant<caf::atom("sync")>;
/// Journal keeper -> itself: look whether the storage has space again.
using space_atom = caf::atom_constant<caf::atom("space")>;
/// Dispatcher -> itself: match now. Shard -> itself, with an instant: the alarm set for it rings.
using wake_atom = caf::atom_constant<caf::atom("wake")>;
/// Supervisor -> itself: restart the child of this index.
using restart_atom = caf::atom_constant<caf::atom("restart")>;
/// Dispatcher -> itself: remove the sessions that have expired.
using sweep_atom = caf::atom_constant<caf::atom("sweep")>;

} // namespace belfry

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(belfry::child_started)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(belfry::set_desired_children)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(belfry::running_children)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(belfry::child_terminated)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(belfry::cluster_updated)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(belfry::drain_node)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(belfry::acquire_shard)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(belfry::shard_acquired)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(belfry::read_journal)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(belfry::journal_chunk)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(belfry::write_batch)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(belfry::batch_written)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(belfry::lane_update)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(belfry::grant_tasks)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(belfry::tasks_granted)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(belfry::worker_attached)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(belfry::worker_heartbeat)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(belfry::worker_disconnected)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(belfry::check_space)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(belfry::space_checked)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(belfry::storage_updated)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(belfry::node_stopping)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(belfry::copy_journal)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(belfry::put_objects)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(belfry::objects_put)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(belfry::commit_snapshot)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(belfry::snapshot_committed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(belfry::read_snapshot)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(belfry::snapshot_chunk)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(belfry::request_lanes)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(belfry::complete_answer)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(belfry::collect_metrics)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(belfry::shard_collected)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(belfry::journal_collected)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(belfry::explain_lanes)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(belfry::dispatch_collected)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(belfry::report_metrics)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(belfry::outbox_queues)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(belfry::outbox_updated)
