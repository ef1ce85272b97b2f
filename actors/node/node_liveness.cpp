// Whether the actors of a node answer.
#include "node/node_impl.hpp"

#include "base/foreign_thread_scope.hpp"
#include "base/local_messages.hpp"

#include <caf/atom.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>

#include <future>
#include <memory>
#include <mutex>
#include <string>

namespace belfry {

namespace {

/// The metrics collector answers sooner, whatever the other actors do.
constexpr duration answer_max{3'500};

} // namespace

bool node::implementation::is_responsive(duration silence_max) {
  const std::unique_lock lock(stop_mutex_, std::try_to_lock);
  if (!lock || is_stopped_ || !system_)
    return false;
  const foreign_thread_scope scope;
  return is_server_responsive(silence_max) && is_worker_responsive();
}

bool node::implementation::is_server_responsive(duration silence_max) const {
  if (!server_.router)
    return true;
  const auto answer = std::make_shared<std::promise<bool>>();
  auto is_responsive = answer->get_future();
  caf::anon_send(server_.router, report_metrics{[answer, silence_max](const node_metrics& node) {
                   answer->set_value(node.is_complete && node.longest_silence < silence_max);
                 }});
  return is_responsive.wait_for(answer_max) == std::future_status::ready && is_responsive.get();
}

bool node::implementation::is_worker_responsive() {
  const auto worker = present_worker();
  if (!worker)
    return true;
  bool is_responsive = false;
  caf::scoped_actor self{*system_};
  // Every actor of CAF answers this.
  self->request(worker, answer_max, caf::sys_atom::value, caf::get_atom::value, std::string{"info"})
      .receive([&](caf::ok_atom, const std::string&, const caf::strong_actor_ptr&,
                   const std::string&) { is_responsive = true; },
               [](const caf::error&) {});
  return is_responsive;
}

} // namespace belfry
