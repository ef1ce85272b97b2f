#pragma once

#include "belfry/ids.hpp"
#include "belfry/result.hpp"

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace belfry {

/// How a call to a journal ended.
enum class storage_code : std::uint8_t {
  ok,
  fenced,      ///< another owner has the shard, or the head has moved: stop the shard
  in_doubt,    ///< may or may not be written: acquire again and compare the head
  no_space,    ///< nothing was written; refuse new work and try again later
  io_error,    ///< the engine has failed, and so does every later call: reopen it and recover
  corrupt,     ///< stored bytes are damaged; the text says where
  unavailable, ///< nothing was changed: the storage cannot be reached now; try again later
};

struct storage_status {
  storage_code code = storage_code::ok;
  std::string text;

  [[nodiscard]] bool ok() const { return code == storage_code::ok; }
};

/// What an owner learns when it acquires a shard.
struct shard_ownership {
  std::uint64_t epoch = 0; ///< greater than that of every owner before
  std::uint64_t head = 0;  ///< the sequence number that the next event gets; the first is 1
};

/// Events of one shard, as bytes that the journal does not interpret.
struct append_batch {
  shard_id shard;
  std::uint64_t epoch = 0;
  std::uint64_t first = 0; ///< sequence number of the first event
  std::uint32_t count = 0; ///< at least 1
  std::string bytes;
};

/// A batch as it is read back.
struct stored_batch {
  std::uint64_t first = 0;
  std::uint32_t count = 0;
  std::uint64_t epoch = 0;
  std::string_view bytes; ///< valid during the call that it is passed to
};

/// A part of a snapshot.
struct object {
  std::string key; ///< unique in its shard
  std::string bytes;
};

/// A copy of a journal in a directory of its own.
struct journal_copy {
  std::uint64_t bytes = 0;
  std::uint16_t shards = 0;
};

inline constexpr std::size_t object_bytes_max = 1 << 20;

/// Where shards keep their events and snapshots. Calls block; only one thread makes them.
///
/// After an `io_error` every call answers `io_error`: only opening the journal again tells what the
/// storage holds.
class journal {
public:
  virtual ~journal() = default;

  /// Acquires `shard`: durably raises its epoch, so that older owners are fenced off. The new epoch
  /// is at least `epoch_min`: a storage restored from a copy does not hold the epochs that were
  /// acquired after the copy was made. Everything written before becomes durable too.
  [[nodiscard]] virtual storage_status acquire(shard_id shard, std::uint64_t epoch_min,
                                               shard_ownership& ownership) = 0;

  /// Writes the batches and returns one status for each. A batch that is `ok` is durable after the
  /// next `sync`. A batch whose epoch is not the shard's or whose `first` is not the shard's head
  /// is `fenced`; the others are written nevertheless.
  [[nodiscard]] virtual std::vector<storage_status>
  write(std::span<const append_batch> batches) = 0;

  /// Makes everything written so far durable.
  [[nodiscard]] virtual storage_status sync() = 0;

  /// Passes the batches of `shard` to `visit`, in order, from the batch that holds event
  /// `first_event` on, until `visit` returns false. `corrupt` if a batch is damaged or missing
  /// (those before it have been visited then), or if the journal ends before `first_event`.
  [[nodiscard]] virtual storage_status
  read(shard_id shard, std::uint64_t first_event,
       const std::function<bool(const stored_batch&)>& visit) = 0;

  /// Writes all of `objects` or none. Durable after the next `sync` or `commit_snapshot`.
  ///
  /// Requires: none is larger than `object_bytes_max`; no committed snapshot lists one of the keys.
  [[nodiscard]] virtual storage_status put(shard_id shard, std::uint64_t epoch,
                                           std::span<const object> objects) = 0;

  /// Sets `keys` to the keys of the shard's objects that begin with `prefix`, in order.
  [[nodiscard]] virtual storage_status list(shard_id shard, const std::string& prefix,
                                            std::vector<std::string>& keys) = 0;

  /// Sets `bytes` to those of the object `key`. `corrupt` if it is damaged or does not exist.
  [[nodiscard]] virtual storage_status get(shard_id shard, const std::string& key,
                                           std::string& bytes) = 0;

  /// Durably and atomically replaces all events before `position` by the objects `live_keys`: drops
  /// the batches that end before `position`, and all other objects. `corrupt` if one of the objects
  /// does not exist.
  ///
  /// Requires: `position` is at most the head, and at least that of the previous snapshot.
  [[nodiscard]] virtual storage_status commit_snapshot(shard_id shard, std::uint64_t epoch,
                                                       std::uint64_t position,
                                                       std::span<const std::string> live_keys) = 0;

  /// Whether the storage has space for new work. False while the free space is no more than the
  /// reserve for work that is accepted already.
  [[nodiscard]] virtual bool has_space() = 0;

  /// Sets `position` to that of the last committed snapshot; 1 if there is none. Reading from there
  /// on gives all events that the snapshot does not hold.
  [[nodiscard]] virtual storage_status snapshot_position(shard_id shard,
                                                         std::uint64_t& position) = 0;

  /// Makes the new directory `directory`, an absolute path, a journal of its own with everything
  /// that was written before, of all shards, and durable; a node can be started on it. After a
  /// failure there is no such directory, and the journal is as it was: `invalid_argument` if the
  /// directory cannot be used, `storage` if it cannot be written, `wrong_state` (the default) if
  /// this storage makes no copies.
  [[nodiscard]] virtual result<journal_copy> copy_to(const std::string& directory);
};

} // namespace belfry
