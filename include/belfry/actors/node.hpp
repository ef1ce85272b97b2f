#pragma once

#include "belfry/actors/task_behavior.hpp"
#include "belfry/node.hpp"

/// For programs whose tasks are actors: `node::start` with `task_behaviors`.
