#pragma once

#include <string>

namespace belfry {

/// Tells the service manager that has started this process (systemd, `Type=notify`) about the state
/// of the service: lines such as `READY=1`, as sd_notify(3) has them. Does nothing if the variable
/// NOTIFY_SOCKET names no socket. Never blocks for long: a manager that does not read is ignored.
/// Returns whether the message was sent.
bool notify_systemd(const std::string& state);

} // namespace belfry
