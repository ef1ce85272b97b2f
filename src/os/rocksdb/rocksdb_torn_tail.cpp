#include "os/rocksdb/rocksdb_torn_tail.hpp"

#include "os/rocksdb/data_directory.hpp"
#include "os/rocksdb/rocksdb_wal.hpp"

#include <algorithm>
#include <fcntl.h>
#include <unistd.h>

namespace belfry {

namespace {

result<done> shorten(const std::string& path, std::uint64_t size) {
  const auto descriptor = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
  if (descriptor < 0)
    return system_failure(path, "cannot be opened");
  const auto is_truncated =
      ::ftruncate(descriptor, static_cast<off_t>(size)) == 0 && ::fsync(descriptor) == 0;
  if (::close(descriptor) != 0 || !is_truncated)
    return system_failure(path, "cannot be truncated");
  return done{};
}

failure damaged(const rocksdb_wal& log, std::uint64_t readable, std::uint64_t durable) {
  return {errc::corrupt, log.path + ": damaged at offset " + std::to_string(*log.damage_offset) +
                             " of " + std::to_string(log.size) + ": changes up to " +
                             std::to_string(readable) + " can be read, but those up to " +
                             std::to_string(durable) +
                             " were durable. Nothing was changed; restore the directory from a "
                             "copy, or move it away to start without its contents"};
}

/// How many bytes of `log` stay when only changes up to `readable` can be read.
std::uint64_t bytes_to_keep(const rocksdb_wal& log, std::uint64_t readable) {
  if (log.first_change > readable)
    return 0; // The log follows a damaged one: its changes cannot be applied.
  return log.damage_offset.value_or(log.size);
}

} // namespace

result<std::uint64_t>
truncate_torn_tail(const std::string& directory, std::uint64_t durable_change,
                   const std::function<result<std::uint64_t>()>& read_recoverable_change,
                   const std::function<void(const std::string&)>& log_line) {
  const auto logs = scan_wals(directory);
  if (!logs)
    return logs.error();
  for (const auto& log : *logs)
    durable_change = std::max(durable_change, log.durable_change);
  const auto broken = std::find_if(logs->begin(), logs->end(),
                                   [](const auto& log) { return log.damage_offset.has_value(); });
  if (broken == logs->end())
    return durable_change;
  const auto readable = read_recoverable_change();
  if (!readable)
    return readable.error();
  if (*readable < durable_change)
    return damaged(*broken, *readable, durable_change);
  // Starts with the last log, so that a crash in between leaves a state that this handles again.
  for (auto log = logs->rbegin(); log != logs->rend(); ++log) {
    const auto kept = bytes_to_keep(*log, *readable);
    if (kept == log->size)
      continue;
    if (auto truncated = shorten(log->path, kept); !truncated)
      return truncated.error();
    if (log_line)
      log_line(log->path + ": truncated at offset " + std::to_string(kept) + " of " +
               std::to_string(log->size) + ": the rest was written but never became durable");
  }
  return durable_change;
}

} // namespace belfry
