#pragma once

#include "belfry/node_options.hpp"
#include "belfry/result.hpp"

#include <CLI/App.hpp>

#include <optional>
#include <string>

namespace belfry::shell {

/// `--http` and `--http-token-file`.
struct http_flags {
  std::optional<std::string> listen;
  std::optional<std::string> token_file;
};

void add_http(CLI::App& node, http_flags& to);

/// What the flags ask for; nothing: no HTTP. A text that is no address is a usage error.
[[nodiscard]] std::optional<http_listen_options> http_of(const http_flags& flags);

/// Reads `127.0.0.1:4180`, `:4180`, `4180`, `[::1]:4180` and `127.0.0.1`; what is left out is the
/// default. Port 0 stands for any free one.
[[nodiscard]] result<http_listen_options> parse_http_address(const std::string& text);

} // namespace belfry::shell
