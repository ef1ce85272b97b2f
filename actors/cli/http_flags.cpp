#include "cli/http_flags.hpp"

#include "cli/flags.hpp"
#include "cli/program.hpp"

#include <utility>

namespace belfry::shell {

void add_http(CLI::App& node, http_flags& to) {
  node.add_option("--http", to.listen,
                  "Serve metrics and health over HTTP at this address: /metrics for Prometheus, "
                  "/v1/health, /readyz, /healthz (default: none; without a port: 4180)")
      ->option_text("HOST:PORT");
  node.add_option("--http-token-file", to.token_file,
                  "File with the token that HTTP requests must bear (Authorization: Bearer …); "
                  "needed if --http is no loopback address")
      ->option_text("FILE");
}

std::optional<http_listen_options> http_of(const http_flags& flags) {
  require(flags.listen || !flags.token_file, "--http-token-file", "expected --http");
  if (!flags.listen)
    return std::nullopt;
  auto address = parse_http_address(*flags.listen);
  require(address.ok(), "--http", address ? "" : address.error().what);
  address->token_file = flags.token_file;
  return *address;
}

result<http_listen_options> parse_http_address(const std::string& text) {
  http_listen_options to;
  auto address = parse_listen_address(text, {to.bind, to.port});
  if (!address)
    return address.error();
  to.bind = std::move(address->host);
  to.port = address->port;
  return to;
}

} // namespace belfry::shell
