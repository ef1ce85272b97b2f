#pragma once

#include "belfry/contract.hpp"
#include "belfry/failure.hpp"

#include <type_traits>
#include <utility>
#include <variant>

namespace belfry {

/// The value of a `result` that has nothing to tell but success.
struct done {};

/// A value, or the failure that took its place.
template <class T>
class [[nodiscard]] result {
public:
  using value_type = T;

  result(T value) : held_(std::in_place_index<0>, std::move(value)) {}
  result(failure error) : held_(std::in_place_index<1>, std::move(error)) {}

  [[nodiscard]] bool ok() const { return held_.index() == 0; }
  explicit operator bool() const { return ok(); }

  /// Requires: `ok()`; otherwise throws a `contract_violation` with the text of the failure.
  [[nodiscard]] T& value() {
    check_value();
    return *std::get_if<0>(&held_);
  }
  [[nodiscard]] const T& value() const {
    check_value();
    return *std::get_if<0>(&held_);
  }
  T& operator*() { return value(); }
  const T& operator*() const { return value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  /// The value, or `fallback` for a failure.
  [[nodiscard]] T value_or(T fallback) const& { return ok() ? value() : std::move(fallback); }
  [[nodiscard]] T value_or(T fallback) && {
    return ok() ? std::move(value()) : std::move(fallback);
  }

  /// What `next`, a function that returns a `result`, makes of the value; or this failure.
  template <class Next>
  auto and_then(Next&& next) const& -> std::invoke_result_t<Next, const T&> {
    if (!ok())
      return error();
    return std::forward<Next>(next)(value());
  }
  template <class Next>
  auto and_then(Next&& next) && -> std::invoke_result_t<Next, T&&> {
    if (!ok())
      return error();
    return std::forward<Next>(next)(std::move(value()));
  }

  /// A result of what `change` returns for the value (`done` for `void`); or this failure.
  template <class Change>
  auto transform(Change&& change) const& {
    using answer = std::invoke_result_t<Change, const T&>;
    return and_then([&](const T& value) { return wrap<answer>(change, value); });
  }
  template <class Change>
  auto transform(Change&& change) && {
    using answer = std::invoke_result_t<Change, T&&>;
    return std::move(*this).and_then(
        [&](T&& value) { return wrap<answer>(change, std::move(value)); });
  }

  /// Requires: not `ok()`.
  [[nodiscard]] const failure& error() const {
    expects(!ok(), "result::error() on a success");
    return *std::get_if<1>(&held_);
  }

private:
  void check_value() const {
    if (const auto* error = std::get_if<1>(&held_))
      report_no_value(*error);
  }

  template <class Answer, class Change, class Value>
  static auto wrap(Change& change, Value&& value) {
    if constexpr (std::is_void_v<Answer>) {
      std::forward<Change>(change)(std::forward<Value>(value));
      return result<done>{done{}};
    } else {
      return result<std::remove_cvref_t<Answer>>{
          std::forward<Change>(change)(std::forward<Value>(value))};
    }
  }

  std::variant<T, failure> held_;
};

} // namespace belfry
