#pragma once

#include <unistd.h>

#include <utility>

namespace belfry {

/// Owns an open file descriptor, or none.
class descriptor {
public:
  descriptor() = default;
  explicit descriptor(int number) : number_(number) {}
  ~descriptor() { close(); }

  descriptor(descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  descriptor& operator=(descriptor&& other) noexcept {
    if (this != &other) {
      close();
      number_ = std::exchange(other.number_, -1);
    }
    return *this;
  }

  [[nodiscard]] bool is_open() const { return number_ >= 0; }
  [[nodiscard]] int number() const { return number_; }

  /// Gives it up: closing it is the caller's duty.
  [[nodiscard]] int release() { return std::exchange(number_, -1); }

  void close() {
    if (is_open())
      ::close(std::exchange(number_, -1));
  }

private:
  int number_ = -1;
};

} // namespace belfry
