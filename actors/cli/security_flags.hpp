#pragma once

#include "belfry/link_security.hpp"

#include <CLI/App.hpp>

namespace belfry::shell {

/// Options of all commands that connect to a node, and of the node itself: own credentials, and
/// which peers to accept. Each can be given by the environment instead.
void add_security(CLI::App& app, link_security& to);

} // namespace belfry::shell
