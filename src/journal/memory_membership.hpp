#pragma once

#include "journal/membership.hpp"
#include "journal/memory_disk.hpp"

#include <functional>
#include <memory>

namespace belfry {

/// The membership of a cluster on a `memory_disk`. Unlike the events, every change is durable at
/// once, so that a power cut does not touch it.
class memory_membership : public membership {
public:
  struct options {
    std::uint16_t shards = 1;
    std::function<instant()> now;         ///< the storage's clock
    std::function<bool()> is_partitioned; ///< while it returns true, calls are `unavailable`
  };

  memory_membership(std::shared_ptr<memory_disk> disk, options settings);

  [[nodiscard]] storage_status join(const member& self) override;
  [[nodiscard]] storage_status heartbeat(member_id self, bool& is_member) override;
  [[nodiscard]] storage_status read_view(cluster_view& view) override;
  [[nodiscard]] storage_status claim(member_id self, std::span<const shard_assignment> assignments,
                                     std::vector<shard_id>& claimed) override;
  [[nodiscard]] storage_status release(member_id self, std::span<const shard_id> shards) override;
  [[nodiscard]] storage_status evict(member_id dead, std::uint64_t heartbeats) override;
  [[nodiscard]] storage_status leave(member_id self) override;
  [[nodiscard]] storage_status set_draining(const std::string& name, bool is_draining,
                                            std::size_t& found) override;

private:
  [[nodiscard]] storage_status check_reachable() const;
  void release_shards_of(member_id former_owner);

  std::shared_ptr<memory_disk> disk_;
  const options options_;
};

} // namespace belfry
