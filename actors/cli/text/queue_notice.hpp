#pragma once

#include "cli/program.hpp"

#include <string>
#include <vector>

namespace belfry::shell {

/// Text that there is no queue `queue` among the `known` ones, which are those there are, and
/// which of them it may have meant. Nothing if it is among them.
[[nodiscard]] std::string unknown_queue_text(const std::string& queue,
                                             const std::vector<std::string>& known);

/// Says on the standard error if the cluster has no queue of this name: neither tasks nor settings.
/// A queue begins with its first task, so its name may be right all the same. Asks the node once;
/// if that fails, it says nothing.
void warn_of_unknown_queue(const program& belfry, client& node, const std::string& queue);

} // namespace belfry::shell
