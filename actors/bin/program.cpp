#include "program.hpp"

#include <charconv>
#include <utility>

namespace belfry::shell {

exit_code exit_code_of(errc code) {
  switch (code) {
  case errc::not_found:
    return exit_code::not_found;
  case errc::overloaded:
  case errc::unavailable:
    return exit_code::no_node;
  case errc::timed_out:
    return exit_code::timed_out;
  default:
    return exit_code::refused;
  }
}

result<client*> program::node() {
  if (!client_) {
    auto connected = client::connect(host, port, patience);
    if (!connected)
      return connected.error();
    client_ = std::move(*connected);
  }
  return client_.get();
}

result<done> read_place(const std::string& place, program& belfry) {
  const auto refuse = [&] {
    return failure{errc::invalid_argument,
                   "'" + place + "' is not a place; expected host:port, as in 127.0.0.1:4100"};
  };
  auto host = place;
  std::string port;
  const auto colon = place.rfind(':');
  const auto bracket = place.rfind(']');
  const bool is_bare_address = bracket == std::string::npos && place.find(':') != colon;
  if (colon != std::string::npos && !is_bare_address &&
      (bracket == std::string::npos || bracket < colon)) {
    host = place.substr(0, colon);
    port = place.substr(colon + 1);
    const auto* end = port.data() + port.size();
    const auto read = std::from_chars(port.data(), end, belfry.port);
    if (read.ec != std::errc{} || read.ptr != end || belfry.port == 0)
      return refuse();
  }
  if (host.size() > 2 && host.front() == '[' && host.back() == ']')
    host = host.substr(1, host.size() - 2);
  if (!host.empty())
    belfry.host = host;
  return host.empty() && port.empty() ? result<done>{refuse()} : done{};
}

} // namespace belfry::shell
