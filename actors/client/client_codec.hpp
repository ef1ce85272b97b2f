#pragma once

#include "belfry/client.hpp"
#include "wire/messages.pb.h"

#include <map>
#include <string>

namespace belfry::client_codec {

/// Requests and answers about more than one task, as Protobuf messages and back.
void write(const task_filter& from, wire::ListTasks& to);
void write(const queue_change& from, wire::SetQueue& to);

[[nodiscard]] explanation read(const wire::Explanation& from);
[[nodiscard]] queue_info read(const wire::QueueInfo& from);
[[nodiscard]] schedule_info read(const wire::ScheduleInfo& from);
[[nodiscard]] cluster_info read(const wire::Cluster& from);
[[nodiscard]] backup_info read(const wire::BackupInfo& from);
[[nodiscard]] node_status read(const wire::NodeStatus& from);
[[nodiscard]] health_report read(const wire::Health& from);

/// Adds one shard's part of a queue to those of the other shards. The settings are the same in all
/// shards, except during a change: then the queue counts as paused only if every shard has paused
/// it.
void merge(queue_info from, std::map<std::string, queue_info>& to);

} // namespace belfry::client_codec
