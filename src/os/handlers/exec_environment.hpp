#pragma once

#include <map>
#include <string>

namespace belfry {

/// Which variables of a node's environment the commands that it runs get.
struct exec_environment {
  bool is_clean = false; ///< only those that a login gives every program: HOME, PATH, LANG, TZ, …
  bool has_database_password = false; ///< PGPASSWORD is the node's own, not one for its tasks
};

/// The variables of this process that a command gets. Never among them: where the node's secrets
/// and storage are (BELFRY_SECRET_FILE, BELFRY_TLS_…, BELFRY_STORE, BELFRY_INSECURE), and what a
/// service manager told this one process (NOTIFY_SOCKET, LISTEN_…, WATCHDOG_…).
[[nodiscard]] std::map<std::string, std::string> command_environment(exec_environment choice);

} // namespace belfry
