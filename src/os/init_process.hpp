#pragma once

namespace belfry {

/// Whether this is the first process of a container (or of a machine). The kernel hands such a
/// process the orphans of all others, and it must collect their exit statuses; signals that it does
/// not handle do nothing.
[[nodiscard]] bool is_init_process();

/// Forks, and returns in the child, which goes on with the program. The parent stays as a small
/// init process: it passes signals on to the child, collects orphans, and ends with the child's
/// status (128 and the number of the signal if one killed the child). If the system refuses the
/// fork, this function returns in the parent.
///
/// The child is the first of its own process group, and gets the terminal if there is one, so that
/// an interrupt from the keyboard reaches it once.
///
/// Requires: the process has one thread.
void continue_below_init();

} // namespace belfry
