#pragma once

#include "belfry/result.hpp"
#include "os/rocksdb/data_directory.hpp"

#include <cstdint>
#include <string>

namespace belfry {

/// A small file with the last change up to which the journal is known to be durable.
///
/// It is written after each sync but not synced itself: after a kill of the process it is exact,
/// after a power cut it may be too low, and it is never too high. A change missing below it is lost
/// data; a torn write above it was never acknowledged.
class durable_watermark {
public:
  static constexpr auto file_name = "durable";

  /// Opens or creates the file and reads it; 0 if it is damaged.
  [[nodiscard]] static result<std::shared_ptr<durable_watermark>>
  open(const data_directory& directory);

  explicit durable_watermark(int descriptor) : descriptor_(descriptor) {}
  durable_watermark(const durable_watermark&) = delete;
  durable_watermark& operator=(const durable_watermark&) = delete;
  ~durable_watermark();

  [[nodiscard]] std::uint64_t value() const { return value_; }

  /// Raises the watermark. If it cannot be written it stays too low, which is harmless.
  void advance(std::uint64_t value);

  /// Makes the watermark itself durable. Returns whether it is; what cares only for a watermark
  /// that is never too high need not look.
  bool sync();

private:
  int descriptor_;
  std::uint64_t value_ = 0;
  int slot_ = 0; // The slot written last; the other one stays valid during a write.
};

} // namespace belfry
