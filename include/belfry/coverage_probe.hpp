#pragma once

#include <atomic>
#include <cstdint>
#include <vector>

namespace belfry {

/// Marks a rare branch of the code and counts how often it was taken, so that a test can tell which
/// branches were never tested.
///
/// Is defined at namespace scope beside its branch and never destroyed. `hit` may be called
/// from any thread and costs an addition.
class coverage_probe {
public:
  /// `name` says what happened; a literal.
  explicit coverage_probe(const char* name);
  coverage_probe(const coverage_probe&) = delete;
  coverage_probe& operator=(const coverage_probe&) = delete;

  void hit() { count_.fetch_add(1, std::memory_order_relaxed); }

  [[nodiscard]] const char* name() const { return name_; }
  [[nodiscard]] std::uint64_t count() const { return count_.load(std::memory_order_relaxed); }
  /// For a test that restores the count.
  void set_count(std::uint64_t count) { count_.store(count, std::memory_order_relaxed); }

  /// All probes of the program, by name.
  [[nodiscard]] static std::vector<coverage_probe*> all();

private:
  const char* name_;
  std::atomic<std::uint64_t> count_{0};
  coverage_probe* next_;
};

} // namespace belfry
