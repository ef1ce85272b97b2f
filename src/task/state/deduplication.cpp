#include "task/state/deduplication.hpp"

namespace belfry {

void deduplication::add_batch(batch_accepted& batch) {
  const auto [found, is_new] = clients_.try_emplace(batch.client);
  auto& client = found->second;
  if (is_new || client.at != batch.at)
    clients_by_age_.emplace_back(batch.at, batch.client);
  client.sequence = batch.sequence;
  client.at = batch.at;
  client.outcomes = std::move(batch.outcomes);
}

const deduplication::client_batch* deduplication::latest_batch(client_id client) const {
  const auto found = clients_.find(client);
  return found == clients_.end() ? nullptr : &found->second;
}

void deduplication::add_key(std::string name, task_id task, instant until) {
  key_expirations_.emplace(until, name);
  keys_[std::move(name)] = {task, until};
}

const deduplication::key_state* deduplication::find_key(const std::string& queue,
                                                        const std::string& key) const {
  const auto found = keys_.find(key_name(queue, key));
  return found == keys_.end() ? nullptr : &found->second;
}

void deduplication::expire(instant now) {
  while (!clients_by_age_.empty() && clients_by_age_.front().first + window_ < now) {
    const auto [at, client] = clients_by_age_.front();
    clients_by_age_.pop_front();
    if (auto found = clients_.find(client); found != clients_.end() && found->second.at == at)
      clients_.erase(found);
  }
  while (!key_expirations_.empty() && key_expirations_.begin()->first <= now) {
    const auto& [until, key] = *key_expirations_.begin();
    if (auto found = keys_.find(key); found != keys_.end() && found->second.until == until)
      keys_.erase(found);
    key_expirations_.erase(key_expirations_.begin());
  }
}

void deduplication::extend(duration late) {
  for (auto& [at, client] : clients_by_age_)
    at += late;
  for (auto& [client, batch] : clients_)
    batch.at += late;
}

void deduplication::restart_window(instant now) {
  clients_by_age_.clear();
  for (auto& [client, batch] : clients_) {
    batch.at = now;
    clients_by_age_.emplace_back(now, client);
  }
}

} // namespace belfry
