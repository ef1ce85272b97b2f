#pragma once

#include "belfry/failure.hpp"
#include "belfry/task.hpp"

namespace belfry::wire {

class Failure;
class Request;
class RetryPolicy;
class ScheduleSpec;
class TaskChange;
class TaskInfo;
class TaskSpec;

/// Convert values to Protobuf messages and back. Fields of a task with their default value are not
/// written. A field that is absent, or out of its enum's range, is read as the default of the C++
/// type; a failure with an unknown code is read as `errc::unavailable`. The policies of a schedule
/// keep a number that this version does not know (255 stands for all above): `rule_of` refuses it.
void write(const task_spec& from, TaskSpec& to);
void write(const retry_policy& from, RetryPolicy& to);
void write(const schedule_spec& from, ScheduleSpec& to);
void write(const task_change& from, TaskChange& to);
void write(const schedule_change& from, ScheduleChange& to);
void write(const task_info& from, TaskInfo& to);
void write(const failure& from, Failure& to);

[[nodiscard]] task_spec read(const TaskSpec& from);
[[nodiscard]] retry_policy read(const RetryPolicy& from);
[[nodiscard]] schedule_spec read(const ScheduleSpec& from);
[[nodiscard]] task_change read(const TaskChange& from);
[[nodiscard]] schedule_change read(const ScheduleChange& from);
[[nodiscard]] task_info read(const TaskInfo& from);
[[nodiscard]] failure read(const Failure& from);

/// As `read`, but moves the payload out of `from`.
[[nodiscard]] task_spec read_moving(TaskSpec& from);

/// Whether the request changes the state of its shard.
[[nodiscard]] bool is_command(const Request& request);
/// Whether it is a command that must not be carried out twice, and so has a number.
[[nodiscard]] bool is_numbered(const Request& request);

} // namespace belfry::wire
