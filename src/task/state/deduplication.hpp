#pragma once

#include "task/event.hpp"

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace belfry {

/// How a shard recognises what it has accepted already: each client's latest batch, kept for a
/// window after it was accepted, and idempotency keys, kept for their time to live.
///
/// Owned by one ledger; not thread-safe. A look-up costs O(log n) in the clients or keys.
class deduplication {
public:
  struct client_batch {
    std::uint64_t sequence = 0;
    instant at{};
    std::vector<submit_outcome> outcomes;
  };
  struct key_state {
    task_id id;
    instant until{};
  };

  explicit deduplication(duration window) : window_(window) {}

  // --- batches ---

  void add_batch(batch_accepted& batch);
  /// The latest batch of the client, or null.
  [[nodiscard]] const client_batch* latest_batch(client_id client) const;

  // --- keys ---

  /// A key's name within its shard.
  static std::string key_name(const std::string& queue, const std::string& key) {
    return queue + '\0' + key;
  }
  void add_key(std::string name, task_id task, instant until);
  /// What is known of the key, or null. It may be past its `until`.
  [[nodiscard]] const key_state* find_key(const std::string& queue, const std::string& key) const;

  // --- time ---

  /// Forgets what is kept no longer.
  void expire(instant now);
  /// Keeps all batches longer by `late`.
  void extend(duration late);
  /// Keeps all batches for a whole window from `now` on.
  void restart_window(instant now);

  // --- snapshots ---

  /// Calls `visit(name, key)` for all keys, in order of their names.
  template <class Visit>
  void visit_keys(Visit visit) const {
    for (const auto& [name, key] : keys_)
      visit(name, key);
  }
  /// Calls `visit(client, batch)` for the latest batch of each client, oldest first.
  template <class Visit>
  void visit_batches(Visit visit) const {
    for (const auto& [at, client] : clients_by_age_)
      if (const auto* batch = latest_batch(client); batch && batch->at == at)
        visit(client, *batch);
  }

private:
  duration window_;
  std::map<client_id, client_batch> clients_;
  std::deque<std::pair<instant, client_id>> clients_by_age_; // May name older batches.
  std::map<std::string, key_state> keys_;
  std::multimap<instant, std::string> key_expirations_;
};

} // namespace belfry
