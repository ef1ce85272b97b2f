#pragma once

#include <atomic>
#include <cstdint>
#include <vector>

namespace belfry {

/// A rare place that code can get to. It counts how often it was there, so that whoever tests can
/// tell what was never tested.
///
/// Lives at namespace scope beside the code that it is about, and for ever. `reached` may be called
/// from any thread and costs an addition.
class situation {
public:
  /// `name` says what happened, for people; a literal.
  explicit situation(const char* name);
  situation(const situation&) = delete;
  situation& operator=(const situation&) = delete;

  void reached() { count_.fetch_add(1, std::memory_order_relaxed); }

  [[nodiscard]] const char* name() const { return name_; }
  [[nodiscard]] std::uint64_t count() const { return count_.load(std::memory_order_relaxed); }
  /// For a test that undoes what it did.
  void set_count(std::uint64_t count) { count_.store(count, std::memory_order_relaxed); }

  /// All situations of the program, by name.
  [[nodiscard]] static std::vector<situation*> all();

private:
  const char* name_;
  std::atomic<std::uint64_t> count_{0};
  situation* next_;
};

} // namespace belfry
