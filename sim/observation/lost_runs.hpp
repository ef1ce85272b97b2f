#pragma once

#include "observation/observation.hpp"

#include <algorithm>
#include <map>
#include <optional>

namespace belfry::sim {

/// Tells the runs that were granted before the server lost its disk. Workers that live through the
/// loss go on with them, but the tasks of the restored server are run anew: most checkers must not
/// take the old runs for new ones.
///
/// Requires: the tokens of a shard grow over the loss; `nothing_repeats` checks that they do.
class lost_runs {
public:
  /// Takes note of grants and losses. To be called with each observation, in order.
  void note(const observation& event) {
    if (const auto* granted = std::get_if<run_granted>(&event)) {
      auto& latest = granted_[granted->id.shard()];
      latest = std::max(latest, granted->token);
    } else if (std::get_if<disk_replaced>(&event)) {
      lost_ = granted_;
    }
  }

  /// Whether `event` is the start or the end of a run that was granted before the latest loss.
  [[nodiscard]] bool is_of_lost_run(const observation& event) const {
    if (lost_.empty())
      return false;
    if (const auto* started = std::get_if<run_started>(&event))
      return is_lost(started->id, started->token);
    if (const auto* ended = std::get_if<run_ended>(&event))
      return is_lost(ended->id, ended->token);
    return false;
  }

  /// The greatest token that the shard had granted before the latest loss; nothing: none.
  [[nodiscard]] std::optional<fencing_token> latest_lost(shard_id shard) const {
    const auto found = lost_.find(shard);
    return found == lost_.end() ? std::nullopt : std::optional{found->second};
  }

private:
  [[nodiscard]] bool is_lost(task_id id, fencing_token token) const {
    const auto latest = latest_lost(id.shard());
    return latest && token <= *latest;
  }

  std::map<shard_id, fencing_token> granted_; // The greatest of each shard.
  std::map<shard_id, fencing_token> lost_;    // As it was at the latest loss.
};

} // namespace belfry::sim
