#include "cli/http_flags.hpp"

#include "cli/program.hpp"

#include "cli/flags.hpp"

#include <algorithm>
#include <cstdint>

namespace belfry::shell {

namespace {

bool is_digits(const std::string& text) {
  return !text.empty() && std::all_of(text.begin(), text.end(),
                                      [](char byte) { return byte >= '0' && byte <= '9'; });
}

} // namespace

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
  const auto colon = text.rfind(':');
  const bool is_bracketed = text.ends_with(']');
  const bool is_bare = colon != std::string::npos && text.find(':') != colon && text.front() != '[';
  auto host = text;
  std::string port;
  if (is_digits(text)) {
    host.clear();
    port = text;
  } else if (colon != std::string::npos && !is_bracketed && !is_bare) {
    host = text.substr(0, colon);
    port = text.substr(colon + 1);
  }
  const auto number = port.empty() ? result<std::int64_t>{to.port} : parse_number(port, 0, 65'535);
  if (!number || text.empty() || text.back() == ':')
    return failure{errc::invalid_argument,
                   "'" + text + "' is not an address; expected host:port, as in 127.0.0.1:4180"};
  to.port = static_cast<std::uint16_t>(*number);
  if (!host.empty())
    to.bind = without_brackets(host);
  return to;
}

} // namespace belfry::shell
