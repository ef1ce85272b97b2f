#pragma once

#include "belfry/result.hpp"

#include <string>
#include <utility>

namespace belfry::wire {

/// Why a field of a JSON object is refused. Thrown and caught within one function that reads an
/// object, which returns it as a failure.
struct field_error {
  std::string what;
};

/// The value, or a thrown `field_error` with the failure's text.
template <class Value>
Value checked(result<Value> read) {
  if (!read)
    throw field_error{read.error().what};
  return std::move(*read);
}

/// The same; the text begins with the field's name.
template <class Value>
Value checked(const std::string& field, result<Value> read) {
  if (!read)
    throw field_error{field + ": " + read.error().what};
  return std::move(*read);
}

} // namespace belfry::wire
