#include "worker_link.hpp"

#include "wire/messages.pb.h"

#include <caf/io/middleman.hpp>
#include <caf/node_id.hpp>
#include <caf/typed_actor.hpp>

#include <algorithm>
#include <set>

namespace belfry {

namespace {

constexpr duration join_patience{5'000};
constexpr duration pause_min{100};
constexpr duration pause_max{5'000};

caf::actor transport_of(caf::event_based_actor* self, const worker_options& options) {
  if (options.transport)
    return options.transport;
  return caf::actor_cast<caf::actor>(self->system().middleman().actor_handle());
}

} // namespace

void worker_link::connect() {
  const auto attempt = ++attempt_;
  if (options_.gateway)
    return greet(options_.gateway);
  self_
      ->request(transport_of(self_, options_), join_patience, caf::connect_atom::value,
                options_.host, options_.port)
      .then(
          [this, attempt](caf::node_id&, caf::strong_actor_ptr& gateway, std::set<std::string>&) {
            if (attempt != attempt_)
              return;
            if (gateway)
              greet(caf::actor_cast<caf::actor>(gateway));
            else
              lose();
          },
          [this, attempt](caf::error&) {
            if (attempt == attempt_)
              lose();
          });
}

void worker_link::connect_again(std::uint64_t attempt) {
  if (attempt == attempt_)
    connect();
}

void worker_link::greet(caf::actor gateway) {
  gateway_ = std::move(gateway);
  self_->monitor(gateway_);
  wire::Hello hello;
  hello.set_protocol_version(protocol_version);
  hello.set_cluster(options_.cluster);
  send(hello_atom::value, hello);
  self_->delayed_send(self_, join_patience, join_check_atom::value, attempt_);
}

void worker_link::joined() {
  is_joined_ = true;
  failures_ = 0;
}

void worker_link::lose() {
  if (gateway_)
    self_->demonitor(gateway_);
  gateway_ = nullptr;
  is_joined_ = false;
  self_->delayed_send(self_, pause(), connect_again_atom::value, ++attempt_);
}

duration worker_link::pause() {
  const auto longest = std::min(pause_max, pause_min * (1 << std::min(failures_++, 6U)));
  const auto half = longest / 2;
  return half + duration{random_.below(static_cast<std::uint64_t>(half.count()) + 1)};
}

} // namespace belfry
