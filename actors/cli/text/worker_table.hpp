#pragma once

#include "cli/text/output_style.hpp"

#include "belfry/client.hpp"

#include <iosfwd>
#include <vector>

namespace belfry::shell {

/// The workers of a node as a table for people.
void print_workers(std::ostream& out, const std::vector<worker_info>& workers,
                   const output_style& style);

} // namespace belfry::shell
