#include "os/postgres/postgres_values.hpp"

#include <utility>

namespace belfry {

namespace {

constexpr std::size_t count_at = 12; // After dimensions, flags and type.

std::string big_endian(std::uint64_t number, int size) {
  std::string bytes;
  for (int shift = 8 * (size - 1); shift >= 0; shift -= 8)
    bytes.push_back(static_cast<char>(number >> shift));
  return bytes;
}

} // namespace

postgres_array::postgres_array(std::uint32_t element_type) {
  bytes_ = big_endian(1, 4) + big_endian(0, 4) + big_endian(element_type, 4) + // No nulls.
           big_endian(0, 4) + big_endian(1, 4); // The count; the index of the first element.
}

void postgres_array::add(std::uint64_t number) {
  add(big_endian(number, 8));
}

void postgres_array::add(std::string_view bytes) {
  bytes_ += big_endian(bytes.size(), 4);
  bytes_ += bytes;
  ++count_;
}

std::string postgres_array::encode() {
  bytes_.replace(count_at, 4, big_endian(count_, 4));
  return std::exchange(bytes_, {});
}

postgres_parameters& postgres_parameters::number(std::uint64_t value) {
  values_.push_back(big_endian(value, 8));
  return *this;
}

postgres_parameters& postgres_parameters::bytes(std::string_view value) {
  values_.emplace_back(value);
  return *this;
}

postgres_parameters& postgres_parameters::array(postgres_array value) {
  values_.push_back(value.encode());
  return *this;
}

std::uint64_t postgres_number(std::string_view bytes) {
  std::uint64_t number = 0;
  for (const auto byte : bytes)
    number = number << 8 | static_cast<unsigned char>(byte);
  return number;
}

} // namespace belfry
