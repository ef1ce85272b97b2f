#pragma once

#include <sys/resource.h>

#include <cstdint>
#include <optional>

namespace belfry {

/// Raises the soft limit of open descriptors to the hard one, which the machine's administrator
/// has chosen. The soft one is 1024 on most machines, only for programs that call select().
/// Returns the limit that holds now. To be called before threads start processes.
std::uint64_t raise_descriptor_limit();

/// The limits before `raise_descriptor_limit`, for processes that this one starts; nothing if that
/// function changed nothing.
[[nodiscard]] std::optional<rlimit> inherited_descriptor_limit();

/// How many commands a node can run at once with `descriptors` open ones: five for each, and 128
/// for the node itself and for commands that are just being started.
[[nodiscard]] std::uint32_t slots_within(std::uint64_t descriptors);

} // namespace belfry
