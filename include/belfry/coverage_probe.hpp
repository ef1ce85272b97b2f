#pragma once

#include <atomic>
#include <cstdint>
#include <vector>

namespace belfry {

/// A rare place that code can get to. It counts how often it was there, so that whoever tests can
/// tell what was never tested.
///
/// Lives at namespace scope beside the code that it is about, and for ever. `hit` may be called
/// from any thread and costs an addition.
class coverage_probe {
public:
  /// `name` says what happened, for people; a literal.
  explicit coverage_probe(const char* name);
  coverage_probe(const coverage_probe&) = delete;
  coverage_probe& operator=(const coverage_probe&) = delete;

  void hit() { count_.fetch_add(1, std::memory_order_relaxed); }

  [[nodiscard]] const char* name() const { return name_; }
  [[nodiscard]] std::uint64_t count() const { return count_.load(std::memory_order_relaxed); }
  /// For a test that undoes what it did.
  void set_count(std::uint64_t count) { count_.store(count, std::memory_order_relaxed); }

  /// All situations of the program, by name.
  [[nodiscard]] static std::vector<coverage_probe*> all();

private:
  const char* name_;
  std::atomic<std::uint64_t> count_{0};
  coverage_probe* next_;
};

} // namespace belfry
