#include "client/blocking_client.hpp"
#include "client/client_codec.hpp"

#include <utility>

namespace belfry {

namespace {

wire::Request drain_request(const std::string& node, bool is_undrain) {
  wire::Request request;
  request.mutable_drain()->set_node(node);
  request.mutable_drain()->set_is_undrain(is_undrain);
  return request;
}

} // namespace

result<cluster_info> cluster_client::info(duration timeout) const {
  wire::Request request;
  request.mutable_cluster();
  return client_->ask(std::move(request), internal::deadline{timeout})
      .transform([](const auto& answer) { return client_codec::read(answer.cluster()); });
}

result<node_status> cluster_client::status(duration timeout) const {
  wire::Request request;
  request.mutable_status();
  return client_->ask(std::move(request), internal::deadline{timeout})
      .transform([](const auto& answer) { return client_codec::read(answer.status()); });
}

result<health_report> cluster_client::health(duration timeout) const {
  wire::Request request;
  request.mutable_health();
  return client_->ask(std::move(request), internal::deadline{timeout})
      .transform([](const auto& answer) { return client_codec::read(answer.health()); });
}

result<backup_info> cluster_client::back_up(const std::string& directory, duration timeout) const {
  wire::Request request;
  request.mutable_backup()->set_directory(directory);
  return client_->ask(std::move(request), internal::deadline{timeout})
      .transform([](const auto& answer) { return client_codec::read(answer.backup()); });
}

result<done> cluster_client::drain(const std::string& node, duration timeout) const {
  return client_->ask(drain_request(node, false), internal::deadline{timeout})
      .transform([](const auto&) {});
}

result<done> cluster_client::undrain(const std::string& node, duration timeout) const {
  return client_->ask(drain_request(node, true), internal::deadline{timeout})
      .transform([](const auto&) {});
}

} // namespace belfry
