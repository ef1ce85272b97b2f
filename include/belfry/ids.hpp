#pragma once

#include <compare>
#include <cstdint>
#include <string>

namespace belfry {

/// Names one shard of a cluster: 0, 1, … up to the number of shards less one.
struct shard_id {
  std::uint16_t value = 0;

  friend auto operator<=>(const shard_id&, const shard_id&) = default;
};

/// Names one task, uniquely and for good. Assigned by its shard when the shard accepts the task.
///
/// The upper 16 bits are the shard, so an id alone tells the shard of its task. The lower 48 are
/// the task's serial: it grows from each task that the shard accepts to the next, by one or, where
/// the shard was started again, by much more. 0 is no task.
struct task_id {
  std::uint64_t value = 0;

  static constexpr task_id of(shard_id shard, std::uint64_t serial) {
    return {(std::uint64_t{shard.value} << 48) | serial};
  }
  [[nodiscard]] constexpr shard_id shard() const {
    return {static_cast<std::uint16_t>(value >> 48)};
  }
  [[nodiscard]] constexpr std::uint64_t serial() const { return value & 0xffff'ffff'ffffULL; }

  friend auto operator<=>(const task_id&, const task_id&) = default;
};

/// Names one session of a worker with its node; drawn at random by the worker. 0 is none.
struct session_id {
  std::uint64_t value = 0;

  friend auto operator<=>(const session_id&, const session_id&) = default;
};

/// Names one client until it ends; drawn at random by the client. 0 is none.
struct client_id {
  std::uint64_t value = 0;

  friend auto operator<=>(const client_id&, const client_id&) = default;
};

/// Orders the attempts of one task: a later attempt has a greater token, across crashes too.
///
/// The upper 24 bits are the epoch of the shard that granted it, the lower 40 count its grants. It
/// is greater than earlier ones even if the shard's storage was restored from an older copy, within
/// the limit of promise 14 in docs/guarantees.md.
/// A handler hands it to the systems it writes to, which refuse a smaller one than they have seen.
struct fencing_token {
  std::uint64_t value = 0;

  [[nodiscard]] constexpr std::uint64_t epoch() const { return value >> 40; }

  friend auto operator<=>(const fencing_token&, const fencing_token&) = default;
};

/// The id as people write it: shard and serial, `3-8053046902785`.
std::string to_string(task_id id);

/// Reads `3-8053046902785`. Returns 0 if `text` is not an id.
task_id parse_task_id(const std::string& text);

} // namespace belfry
