#pragma once

#include "belfry/link_security.hpp"

#include <CLI/App.hpp>

namespace belfry::shell {

/// Options of all commands that talk to a node, and of the node itself: who they are, and who the
/// other end may be. Each can be given by the environment instead.
void add_security(CLI::App& app, link_security& to);

} // namespace belfry::shell
