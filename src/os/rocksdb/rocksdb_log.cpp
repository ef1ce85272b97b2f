#include "os/rocksdb/rocksdb_log.hpp"

#include <array>
#include <cstdarg>
#include <cstdio>
#include <utility>

namespace belfry {

namespace {

class line_logger final : public rocksdb::Logger {
public:
  explicit line_logger(rocksdb_log_line write_line)
      : Logger(rocksdb::InfoLogLevel::WARN_LEVEL), write_line_(std::move(write_line)) {}

  using rocksdb::Logger::Logv;

  /// Called for lines of the level of this logger and above, with the level in `format`.
  void Logv(const char* format, va_list values) override {
    if (!write_line_)
      return;
    std::array<char, 1024> line{}; // Longer lines are cut.
    if (std::vsnprintf(line.data(), line.size(), format, values) >= 0)
      write_line_(line.data());
  }

  /// The list of all options, at each opening of a database.
  void LogHeader(const char*, va_list) override {}

private:
  rocksdb_log_line write_line_;
};

} // namespace

std::shared_ptr<rocksdb::Logger> make_rocksdb_log(rocksdb_log_line write_line) {
  return std::make_shared<line_logger>(std::move(write_line));
}

} // namespace belfry
