#pragma once

#include "belfry/failure.hpp"
#include "belfry/task.hpp"

namespace belfry::wire {

class Failure;
class Request;
class RetryPolicy;
class ScheduleSpec;
class TaskInfo;
class TaskSpec;

/// Our values as Protobuf messages and back. A task's defaults are left out of the bytes. What is
/// absent of a task, or out of an enum's range, becomes the default of the C++ type; a failure
/// with an unknown code is `errc::unavailable`.
void write(const task_spec& from, TaskSpec& to);
void write(const retry_policy& from, RetryPolicy& to);
void write(const schedule_spec& from, ScheduleSpec& to);
void write(const task_info& from, TaskInfo& to);
void write(const failure& from, Failure& to);

[[nodiscard]] task_spec read(const TaskSpec& from);
[[nodiscard]] retry_policy read(const RetryPolicy& from);
[[nodiscard]] schedule_spec read(const ScheduleSpec& from);
[[nodiscard]] task_info read(const TaskInfo& from);
[[nodiscard]] failure read(const Failure& from);

/// As `read`, but takes the payload out of `from` instead of copying it.
[[nodiscard]] task_spec take(TaskSpec& from);

/// Whether it changes something of its shard.
[[nodiscard]] bool is_order(const Request& about);

} // namespace belfry::wire
