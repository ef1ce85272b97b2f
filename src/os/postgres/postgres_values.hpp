#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace belfry {

/// An array parameter of a statement, in PostgreSQL's binary format. Its elements are all numbers
/// (`int8`) or all bytes (`bytea`).
class postgres_array {
public:
  [[nodiscard]] static postgres_array of_numbers() { return postgres_array(20); }
  [[nodiscard]] static postgres_array of_bytes() { return postgres_array(17); }

  void add(std::uint64_t number);
  void add(std::string_view bytes);

  /// Returns the array's bytes and leaves the array unusable.
  [[nodiscard]] std::string encode();

private:
  explicit postgres_array(std::uint32_t element_type);

  std::string bytes_;
  std::uint32_t count_ = 0;
};

/// The parameters of a statement in PostgreSQL's binary format, `$1` first.
class postgres_parameters {
public:
  postgres_parameters& number(std::uint64_t value);
  postgres_parameters& bytes(std::string_view value);
  postgres_parameters& array(postgres_array value);

  [[nodiscard]] const std::vector<std::string>& values() const { return values_; }

private:
  std::vector<std::string> values_;
};

/// The big-endian number in `bytes`, as PostgreSQL sends it.
[[nodiscard]] std::uint64_t postgres_number(std::string_view bytes);

} // namespace belfry
