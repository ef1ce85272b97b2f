#pragma once

#include "belfry/result.hpp"
#include "os/rocksdb/data_directory.hpp"

#include <cstdint>
#include <string>

namespace belfry {

/// A small file that says up to which change the journal is known to be durable.
///
/// It is written after each sync but not synced itself: when the process is killed it is exact,
/// after a power cut it may be behind, and it is never ahead. What the journal lacks below it was
/// lost; what is torn above it was never acknowledged.
class durable_watermark {
public:
  /// Opens or creates the file and reads it. A damaged file says 0.
  [[nodiscard]] static result<std::shared_ptr<durable_watermark>>
  open(const data_directory& directory);

  explicit durable_watermark(int descriptor) : descriptor_(descriptor) {}
  durable_watermark(const durable_watermark&) = delete;
  durable_watermark& operator=(const durable_watermark&) = delete;
  ~durable_watermark();

  [[nodiscard]] std::uint64_t value() const { return value_; }

  /// Raises the mark. A mark that cannot be written stays behind, which is harmless.
  void advance(std::uint64_t value);

  /// Makes the mark itself durable.
  void sync();

private:
  int descriptor_;
  std::uint64_t value_ = 0;
  int slot_ = 0; // Written last; the other one is whole while this one is being written.
};

} // namespace belfry
