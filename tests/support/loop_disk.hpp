#pragma once

#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <string>

namespace belfry::test {

/// An ext4 file system in a file, mounted by a loop device, whose power can be cut.
class loop_disk {
public:
  /// Makes the file system, in `directory`. Does not mount it.
  explicit loop_disk(const std::string& directory)
      : image_(directory + "/image"), mount_point_(directory + "/disk") {
    std::filesystem::create_directories(mount_point_);
    is_made_ = succeeds("truncate -s 512M " + image_ + " && mkfs.ext4 -q " + image_);
  }
  ~loop_disk() { unmount(); }
  loop_disk(const loop_disk&) = delete;
  loop_disk& operator=(const loop_disk&) = delete;

  /// Whether that worked; says so in the test's output if not.
  [[nodiscard]] bool mount() {
    is_mounted_ = is_made_ && succeeds("mount -o loop " + image_ + " " + mount_point_);
    if (!is_mounted_)
      WARN("skipped, because this test may not make or mount a file system");
    return is_mounted_;
  }

  /// As if the disk were cut off: later calls fail with EIO, and nothing is written any more, not
  /// even what was written but not synced before. Requires: it is mounted.
  void cut_power() const {
    constexpr auto shut_down = _IOR('X', 125, std::uint32_t); // EXT4_IOC_SHUTDOWN
    std::uint32_t without_flush = 2;
    const auto disk = open(mount_point_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    REQUIRE(disk >= 0);
    CHECK(ioctl(disk, shut_down, &without_flush) == 0);
    close(disk);
  }

  /// Requires: no process uses it.
  void unmount() {
    if (is_mounted_)
      CHECK(succeeds("umount " + mount_point_));
    is_mounted_ = false;
  }

  /// A path in the file system.
  [[nodiscard]] std::string file(const std::string& name) const {
    return mount_point_ + "/" + name;
  }

private:
  static bool succeeds(const std::string& command) {
    return std::system(("{ " + command + "; } > /dev/null 2>&1").c_str()) == 0;
  }

  const std::string image_;
  const std::string mount_point_;
  bool is_made_ = false;
  bool is_mounted_ = false;
};

} // namespace belfry::test
