#include "cli/program.hpp"

#include "cli/flags.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace belfry::shell {

namespace {

constexpr auto default_host = "127.0.0.1";

/// An address as a text has it, without brackets.
struct address_parts {
  std::string host;                ///< empty: left out
  std::optional<std::string> port; ///< what is behind the colon; nothing: there is none
};

bool is_digits(const std::string& text) {
  return !text.empty() && std::all_of(text.begin(), text.end(),
                                      [](char byte) { return byte >= '0' && byte <= '9'; });
}

address_parts parts_of_address(const std::string& text) {
  const auto colon = text.rfind(':');
  const auto bracket = text.rfind(']');
  const bool is_bare_address = bracket == std::string::npos && text.find(':') != colon;
  if (colon == std::string::npos || is_bare_address ||
      (bracket != std::string::npos && bracket > colon))
    return {without_brackets(text), std::nullopt};
  return {without_brackets(text.substr(0, colon)), text.substr(colon + 1)};
}

/// What is left out is that of `defaults`. The failure names `text`.
result<node_address> complete_address(const address_parts& parts, const node_address& defaults,
                                      std::int64_t port_min, const std::string& text) {
  auto port = result<std::int64_t>{defaults.port};
  if (parts.port)
    port = parse_number(*parts.port, port_min, std::numeric_limits<std::uint16_t>::max());
  if (!port || (parts.host.empty() && !parts.port))
    return failure{errc::invalid_argument, "'" + text +
                                               "' is not an address; expected host:port, as in " +
                                               to_string(defaults)};
  return node_address{parts.host.empty() ? defaults.host : parts.host,
                      static_cast<std::uint16_t>(*port)};
}

} // namespace

exit_code exit_code_of(errc code) {
  switch (code) {
  case errc::not_found:
  case errc::forgotten:
    return exit_code::not_found;
  case errc::overloaded:
  case errc::unavailable:
  case errc::storage:
    return exit_code::unavailable;
  case errc::timed_out:
    return exit_code::timed_out;
  default:
    return exit_code::refused;
  }
}

exit_code exit_code_of_local(errc code) {
  return code == errc::storage ? exit_code::refused : exit_code_of(code);
}

std::vector<node_address> program::node_addresses() const {
  auto known = addresses;
  if (known.empty())
    known = {{default_host, default_port}};
  if (!host.empty() || port != 0) // What is not given is that of the first.
    known = {
        {host.empty() ? known[0].host : without_brackets(host), port == 0 ? known[0].port : port}};
  return known;
}

result<client*> program::node() {
  if (client_)
    return client_.get();
  auto connected = client::connect(node_addresses(), security, request_timeout);
  if (!connected)
    return connected.error();
  client_ = std::move(*connected);
  return client_.get();
}

std::optional<std::string> program::take_unwritten_reason() {
  return client_ ? client_->take_unwritten_reason() : std::nullopt;
}

std::string without_brackets(const std::string& host) {
  const bool has_brackets = host.size() > 2 && host.front() == '[' && host.back() == ']';
  return has_brackets ? host.substr(1, host.size() - 2) : host;
}

result<node_address> parse_node_address(const std::string& text) {
  return complete_address(parts_of_address(text), {default_host, default_port}, 1, text);
}

result<node_address> parse_listen_address(const std::string& text, const node_address& defaults) {
  return complete_address(is_digits(text) ? address_parts{"", text} : parts_of_address(text),
                          defaults, 0, text);
}

} // namespace belfry::shell
