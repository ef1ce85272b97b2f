#pragma once

#include "belfry/result.hpp"

#include <cstdint>
#include <functional>
#include <string>

namespace belfry {

/// Prepares the write-ahead logs of the closed database in `directory` for RocksDB: truncates a
/// torn write that never became durable, and reports that with `log_line`.
///
/// Fails with `corrupt`, and changes nothing, if durable changes are damaged. Durable are those up
/// to `durable_change` (the watermark beside the database) and those that the logs note as durable.
///
/// `read_recoverable_change` returns the last change that RocksDB can read, without changing
/// anything; it is called only if a log is damaged.
///
/// Returns the change up to which everything must be readable.
[[nodiscard]] result<std::uint64_t>
truncate_torn_tail(const std::string& directory, std::uint64_t durable_change,
                   const std::function<result<std::uint64_t>()>& read_recoverable_change,
                   const std::function<void(const std::string&)>& log_line);

} // namespace belfry
