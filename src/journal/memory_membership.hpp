#pragma once

#include "journal/membership.hpp"
#include "journal/memory_disk.hpp"

#include <functional>
#include <memory>

namespace belfry {

/// The membership of a cluster on a `memory_disk`. It outlives what a power cut does to the disk,
/// as if the database wrote nothing else as carefully.
class memory_membership : public membership {
public:
  struct options {
    std::uint16_t shards = 1;
    std::function<instant()> now;     ///< the storage's clock
    std::function<bool()> is_cut_off; ///< calls are `unavailable` while it says so; may be empty
  };

  memory_membership(std::shared_ptr<memory_disk> disk, options with);

  [[nodiscard]] status join(const member& self) override;
  [[nodiscard]] status beat(member_id self, bool& is_member) override;
  [[nodiscard]] status look(cluster_view& view) override;
  [[nodiscard]] status claim(member_id self, std::span<const seat> seats,
                             std::vector<shard_id>& claimed) override;
  [[nodiscard]] status release(member_id self, std::span<const shard_id> shards) override;
  [[nodiscard]] status bury(member_id dead, std::uint64_t beats) override;
  [[nodiscard]] status leave(member_id self) override;
  [[nodiscard]] status set_draining(const std::string& name, bool is_draining,
                                    std::size_t& found) override;

private:
  [[nodiscard]] status reachable() const;
  void free_seats_of(member_id one);

  std::shared_ptr<memory_disk> disk_;
  const options options_;
};

} // namespace belfry
