#pragma once

#include "journal/journal.hpp"
#include "journal/membership.hpp"
#include "task/ledger.hpp"
#include "wire/messages.pb.h"

#include <caf/actor.hpp>
#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/atom.hpp>

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace belfry {

// Messages between the actors of one node. They never leave the process, so they carry plain C++
// values. Who sends what to whom:

/// Supervisor -> every child: this is the child called `name` from now on.
struct child_started {
  std::string name;
  std::uint16_t index = 0;
  caf::actor child;
};

/// Cluster keeper -> supervisor: of the children on call that have this name, these shall live, and
/// no others. Answer: running_children, at once and whenever one ends that was not to live.
struct set_desired_children {
  std::string name;
  std::vector<std::uint16_t> indexes;
};
struct running_children {
  std::string name;
  std::vector<std::uint16_t> indexes; ///< that live, or will after a pause
};

/// Supervisor -> cluster keeper: a child on call was to live and has ended for good.
struct child_terminated {
  std::string name;
  std::uint16_t index = 0;
  bool is_fenced = false; ///< what it works on is another node's; else its restarts did not help
  std::string why;        ///< for people
};

/// Cluster keeper -> router and dispatcher: the cluster as it was last seen.
struct cluster_updated {
  member_id self;
  std::shared_ptr<const cluster_view> view;
  /// By shard, who answers for it: its owner, or who is about to be. Nobody, if nobody may.
  std::vector<member_id> routes;
};

/// Router -> cluster keeper: the nodes called `node` shall give their shards away, or need not any
/// more. It answers the client.
struct drain_node {
  caf::actor client;
  std::uint64_t correlation = 0;
  std::string node;
  bool is_undrain = false;
};

/// Shard -> journal keeper: take the shard over. Answer: shard_acquired.
struct acquire_shard {
  shard_id shard;
};
struct shard_acquired {
  storage_status outcome;
  shard_ownership ownership;
};

/// Shard -> journal keeper: a stretch of the journal. Answer: journal_chunk.
struct read_journal {
  shard_id shard;
  std::uint64_t start_position = 1;
};
struct journal_chunk {
  storage_status outcome;
  std::uint64_t next = 1; ///< where the following stretch begins
  bool is_end = false;
  std::vector<std::string> batches;
};

/// Shard -> journal keeper: write this; one at a time. Answer: batch_written, once it is as sure
/// as `level` asks.
struct write_batch {
  append_batch batch;
  durability level = durability::durable;
};
struct batch_written {
  storage_status outcome;
  bool has_space = true; ///< false: take no new work, the disk is nearly full
  append_batch refused;  ///< after `no_space` or `unavailable`: the batch, to be sent again later
};

/// Shard -> journal keeper: is there room for new work again? Answer: space_checked.
struct check_space {};
struct space_checked {
  bool has_space = true;
};

/// Shard -> journal keeper: keep these parts of a snapshot. Answer: objects_put.
struct put_objects {
  shard_id shard;
  std::uint64_t epoch = 0;
  std::vector<object> objects;
};
struct objects_put {
  storage_status outcome;
};

/// Shard -> journal keeper: the parts stand for everything before `upto`. Answer:
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

/// Shard -> journal keeper: the next parts of the last snapshot, from the key after `after` on.
/// Answer: snapshot_chunk.
struct read_snapshot {
  shard_id shard;
  std::string after; ///< empty: from the first
};
struct snapshot_chunk {
  storage_status outcome;
  std::uint64_t position = 1; ///< where the journal goes on; 1: there is no snapshot
  std::vector<object> objects;
  bool is_end = false;
};

/// Shard -> dispatcher: what waits for workers here, or what changed of it. A lane with nothing
/// waiting is empty or its queue is paused.
struct lane_update {
  shard_id shard;
  caf::actor from;
  bool is_complete = false; ///< these are all lanes of the shard: it began to serve, or was asked
  std::vector<lane_summary> lanes;
  std::uint64_t epoch = 0;  ///< of the shard's owner; only in what is all
  bool wants_flush = false; ///< by a `flush_atom`, behind what is taken from them now
};

/// Dispatcher -> shard: tell all your lanes. The dispatcher is new.
struct request_lanes {};

/// Dispatcher -> shard: grant so many tasks of a lane to a session.
struct grant_tasks {
  session_id session;
  std::string queue;
  std::string kind;
  std::size_t count = 0;
};

/// Shard -> dispatcher: how many of them it granted.
struct tasks_granted {
  shard_id shard;
  grant_tasks asked;
  std::size_t granted = 0;
  bool is_unknown_session = false; ///< the shard does not know the session: it must attach anew
};

/// Dispatcher -> shard: a worker is attached and holds these runs; whatever else the shard granted
/// to it is lost. Sent to all shards when a worker (re)connects, and to a shard that began anew.
struct worker_attached {
  session_id session;
  caf::actor worker;
  std::vector<granted_run> held;
};

/// Dispatcher -> shard: the connection to a worker is lost; what is sent to it arrives nowhere
/// until it attaches anew.
struct worker_disconnected {
  session_id session;
};

/// Dispatcher -> shard: a worker was heard of, and what its runs report.
struct worker_heartbeat {
  struct note {
    task_id task;
    fencing_token token;
    std::string text;
  };
  session_id session;
  std::vector<note> notes;
};

/// Shard or router -> dispatcher: an answer that lacks what only the dispatcher knows: why a ready
/// task has no worker, or the workers of a node. The dispatcher completes it and sends it.
struct complete_answer {
  caf::actor client;
  wire::Response answer;
  std::string queue; ///< of the ready task
  std::string kind;
};

/// Shard -> outbox: these queues accept anywhere, as far as this shard knows.
struct outbox_queues {
  std::set<std::string> queues;
};

/// Outbox -> router: whose tasks it takes, and how many wait here.
struct outbox_updated {
  std::set<std::string> queues;
  std::uint64_t tasks = 0;
};

/// Anybody -> shard: check yourself. Answer: what is wrong, as `std::vector<std::string>`.
using audit_atom = caf::atom_constant<caf::atom("audit")>;

using flush_atom = caf::atom_constant<caf::atom("flush")>;
using sync_atom = caf::atom_constant<caf::atom("sync")>;
using wake_atom = caf::atom_constant<caf::atom("wake")>;
using restart_atom = caf::atom_constant<caf::atom("restart")>;
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
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(belfry::put_objects)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(belfry::objects_put)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(belfry::commit_snapshot)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(belfry::snapshot_committed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(belfry::read_snapshot)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(belfry::snapshot_chunk)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(belfry::request_lanes)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(belfry::complete_answer)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(belfry::outbox_queues)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(belfry::outbox_updated)
