#include "cli/program.hpp"

#include <charconv>
#include <utility>

namespace belfry::shell {

namespace {

constexpr auto default_host = "127.0.0.1";

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
  const auto refuse = [&] {
    return failure{errc::invalid_argument,
                   "'" + text + "' is not an address; expected host:port, as in 127.0.0.1:4100"};
  };
  node_address address{default_host, default_port};
  auto host = text;
  std::string port;
  const auto colon = text.rfind(':');
  const auto bracket = text.rfind(']');
  const bool is_bare_address = bracket == std::string::npos && text.find(':') != colon;
  if (colon != std::string::npos && !is_bare_address &&
      (bracket == std::string::npos || bracket < colon)) {
    host = text.substr(0, colon);
    port = text.substr(colon + 1);
    const auto* end = port.data() + port.size();
    const auto read = std::from_chars(port.data(), end, address.port);
    if (read.ec != std::errc{} || read.ptr != end || address.port == 0)
      return refuse();
  }
  host = without_brackets(host);
  if (host.empty() && port.empty())
    return refuse();
  if (!host.empty())
    address.host = host;
  return address;
}

} // namespace belfry::shell
