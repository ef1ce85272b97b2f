#include "client/blocking_client.hpp"
#include "client/client_codec.hpp"

#include <map>
#include <utility>

namespace belfry {

result<std::vector<queue_info>> queue_client::list(duration timeout) const {
  wire::Request request;
  request.mutable_queues();
  const auto answers = client_->ask_all(request, internal::deadline{timeout});
  if (!answers)
    return answers.error();
  std::map<std::string, queue_info> merged;
  for (const auto& answer : *answers)
    for (const auto& part : answer.queues().queues())
      client_codec::merge(client_codec::read(part), merged);
  std::vector<queue_info> queues;
  for (auto& [name, queue] : merged)
    queues.push_back(std::move(queue));
  return queues;
}

result<done> queue_client::set(const queue_change& change, duration timeout) const {
  wire::Request request;
  client_codec::write(change, *request.mutable_set_queue());
  return client_->ask_all(request, internal::deadline{timeout}).transform([](const auto&) {});
}

result<done> queue_client::pause(const std::string& queue, duration timeout) const {
  return set({.queue = queue, .is_paused = true}, timeout);
}

result<done> queue_client::resume(const std::string& queue, duration timeout) const {
  return set({.queue = queue, .is_paused = false}, timeout);
}

} // namespace belfry
