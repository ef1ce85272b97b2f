#pragma once

#include "belfry/contract.hpp"
#include "belfry/failure.hpp"

#include <utility>
#include <variant>

namespace belfry {

/// A value, or the failure that took its place.
template <class T>
class [[nodiscard]] result {
public:
  result(T value) : held_(std::in_place_index<0>, std::move(value)) {}
  result(failure why) : held_(std::in_place_index<1>, std::move(why)) {}

  [[nodiscard]] bool ok() const { return held_.index() == 0; }
  explicit operator bool() const { return ok(); }

  /// Requires: `ok()`.
  [[nodiscard]] T& value() {
    expects(ok(), "result::value: holds a value");
    return *std::get_if<0>(&held_);
  }
  [[nodiscard]] const T& value() const {
    expects(ok(), "result::value: holds a value");
    return *std::get_if<0>(&held_);
  }
  T& operator*() { return value(); }
  const T& operator*() const { return value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  /// Requires: not `ok()`.
  [[nodiscard]] const failure& error() const {
    expects(!ok(), "result::error: holds a failure");
    return *std::get_if<1>(&held_);
  }

private:
  std::variant<T, failure> held_;
};

/// The value of a `result` that has nothing to tell but success.
struct done {};

} // namespace belfry
