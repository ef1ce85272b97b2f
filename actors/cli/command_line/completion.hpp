#pragma once

#include <CLI/App.hpp>

#include <string>

namespace belfry::shell {

/// Scripts that have a shell complete the commands and the options of `app`. They know them as they
/// are now: a new version of the program has a new script.
[[nodiscard]] std::string bash_completion(const CLI::App& app);
[[nodiscard]] std::string zsh_completion(const CLI::App& app);
[[nodiscard]] std::string fish_completion(const CLI::App& app);

} // namespace belfry::shell
