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
  const auto is_cut =
      ::ftruncate(descriptor, static_cast<off_t>(size)) == 0 && ::fsync(descriptor) == 0;
  if (::close(descriptor) != 0 || !is_cut)
    return system_failure(path, "cannot be cut");
  return done{};
}

failure damaged(const rocksdb_wal& log, std::uint64_t readable, std::uint64_t durable) {
  return {errc::corrupt, log.path + ": damaged at offset " + std::to_string(*log.damage_offset) +
                             " of " + std::to_string(log.size) + ": changes up to " +
                             std::to_string(readable) + " can be read, but those up to " +
                             std::to_string(durable) +
                             " were durable. Nothing was changed; restore the directory from a "
                             "copy, or move it away to begin anew without what it held"};
}

/// How much of `log` stays when only changes up to `readable` can be read.
std::uint64_t kept_bytes(const rocksdb_wal& log, std::uint64_t readable) {
  if (log.first_change > readable)
    return 0; // It follows a damaged log: what it holds has nothing to stand on.
  return log.damage_offset.value_or(log.size);
}

} // namespace

result<std::uint64_t>
truncate_torn_tail(const std::string& directory, std::uint64_t durable,
                   const std::function<result<std::uint64_t>()>& read_recoverable_change,
                   const std::function<void(const std::string&)>& log_line) {
  const auto logs = scan_wals(directory);
  if (!logs)
    return logs.error();
  for (const auto& log : *logs)
    durable = std::max(durable, log.durable);
  const auto broken = std::find_if(logs->begin(), logs->end(),
                                   [](const auto& log) { return log.damage_offset.has_value(); });
  if (broken == logs->end())
    return durable;
  const auto readable = read_recoverable_change();
  if (!readable)
    return readable.error();
  if (*readable < durable)
    return damaged(*broken, *readable, durable);
  // From the last one on, so that a crash in between leaves a case that this handles again.
  for (auto log = logs->rbegin(); log != logs->rend(); ++log) {
    const auto kept = kept_bytes(*log, *readable);
    if (kept == log->size)
      continue;
    if (auto cut = shorten(log->path, kept); !cut)
      return cut.error();
    if (log_line)
      log_line(log->path + ": cut at offset " + std::to_string(kept) + " of " +
               std::to_string(log->size) + ": the rest was written but never became durable");
  }
  return durable;
}

} // namespace belfry
