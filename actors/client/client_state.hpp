#pragma once

#include "client/client_actor.hpp"
#include "client/client_requests.hpp"
#include "client/prioritized_submits.hpp"
#include "link/cluster_links.hpp"

#include "random/prng.hpp"
#include "wire/envelope.hpp"

#include <caf/event_based_actor.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <vector>

namespace belfry {

// To itself: a tick; the back-off of a Submit or of a Request is over.
using tick_atom = caf::atom_constant<caf::atom("tick")>;
using retry_atom = caf::atom_constant<caf::atom("retry")>;

/// What a client does with its messages: one method per message.
///
/// Sends calls to the owners of their shards, and passes the answers back.
class client_state {
public:
  client_state(caf::event_based_actor* self, client_options options);

  [[nodiscard]] cluster_links& links() { return links_; }

  // Calls of the program.
  void on_inbox_ready();
  void on_submit(task_spec task);
  void on_await(task_id id);

  // From nodes.
  void on_welcome(const envelope& from);
  void on_cluster(const envelope& from);
  void on_submitted(const envelope& from);
  void on_response(const envelope& from);

  // Time.
  void on_retry_submit(client_id as, std::uint32_t shard, std::uint64_t sequence);
  void on_retry_request(std::uint64_t correlation);
  void on_tick();

  /// Fails all open calls.
  void close();

private:
  void start(submit_call& call);
  void start(ready_call& call);
  void start(flush_call& call);
  void start(give_up_call& call);
  void start(request_call& call);

  // Links.
  [[nodiscard]] cluster_links::listener listener();
  void on_link_opened(const node_link& link);
  void on_shards_moved(const std::set<std::uint32_t>& shards);
  void on_connect_failed(const failure& error);
  void on_refused(const failure& error);
  void update_outbox_queues();

  void resend_for_shards(const std::function<bool(std::uint32_t)>& is_affected);
  void pump();
  void keep_ticking();
  void settle(priority_class priority, std::size_t count);
  void fail_submits(const failure& error);

  [[nodiscard]] prioritized_submits::sender submit_sender();
  [[nodiscard]] client_submits::sender outbox_sender();
  [[nodiscard]] client_requests::sender request_sender();

  caf::event_based_actor* self_;
  client_options options_;
  prng random_;
  cluster_links links_;
  prioritized_submits submits_;
  client_requests requests_;
  std::vector<ready_call> ready_; // Answered when the present attempt to connect ends.
  wire::Submitted submitted_;     // Reused: it keeps its memory.
  std::string connect_error_;     // Why there is no connection.
  bool is_ticking_ = false;
};

} // namespace belfry
