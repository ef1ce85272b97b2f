// What a node serves over HTTP.
#include "node/node_impl.hpp"

#include "base/local_messages.hpp"
#include "telemetry/monitoring_routes.hpp"

#include "os/http/access_token.hpp"
#include "os/process_usage.hpp"
#include "text/printable.hpp"

#include <caf/send.hpp>
#include <spdlog/spdlog.h>

#include <functional>
#include <utility>

namespace belfry {

result<done> node::implementation::start_http() {
  if (!options.http)
    return done{};
  const auto& wanted = *options.http;
  http_options serving{.address = {wanted.bind, wanted.port}, .token = {}};
  if (wanted.token_file) {
    auto token = read_token(*wanted.token_file);
    if (!token)
      return token.error();
    serving.token = std::move(*token);
  }
  const auto ask = [router = server_.router](std::function<void(const node_metrics&)> done) {
    caf::anon_send(router, report_metrics{std::move(done)});
  };
  auto opened = http_server::open(serving, monitoring_routes(ask, read_process_usage));
  if (!opened)
    return opened.error();
  http_ = std::move(*opened);
  spdlog::info("http.listening address={} has_token={}",
               printable(to_string(node_address{wanted.bind, http_->port()})),
               wanted.token_file.has_value());
  return done{};
}

} // namespace belfry
