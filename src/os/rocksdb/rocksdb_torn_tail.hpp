#pragma once

#include "belfry/result.hpp"

#include <cstdint>
#include <functional>
#include <string>

namespace belfry {

/// Prepares the logs of the closed database in `directory` for RocksDB: cuts off the end of a
/// write that never became durable, and tells `tell` so in a line for the log.
///
/// `corrupt`, and nothing is changed, if something is damaged that was durable, as far as
/// `durable` (what the mark beside the database says) or the logs themselves know.
///
/// `recoverable` says up to which change RocksDB can read the database, changing nothing; it is
/// asked only if a log is damaged.
///
/// Returns up to which change everything must be there.
[[nodiscard]] result<std::uint64_t>
truncate_torn_tail(const std::string& directory, std::uint64_t durable,
                   const std::function<result<std::uint64_t>()>& read_recoverable_change,
                   const std::function<void(const std::string&)>& log_line);

} // namespace belfry
