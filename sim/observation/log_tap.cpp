#include "observation/log_tap.hpp"

#include <spdlog/details/null_mutex.h>
#include <spdlog/sinks/base_sink.h>

#include <utility>

namespace belfry::sim {

namespace {

class tap_sink : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
public:
  explicit tap_sink(log_tap::listener on_line) : on_line_(std::move(on_line)) {}

private:
  void sink_it_(const spdlog::details::log_msg& line) override {
    on_line_(line.level >= spdlog::level::err, {line.payload.data(), line.payload.size()});
  }
  void flush_() override {}

  log_tap::listener on_line_;
};

} // namespace

log_tap::log_tap(listener on_line) : before_(spdlog::default_logger()) {
  auto logger =
      std::make_shared<spdlog::logger>("sim", std::make_shared<tap_sink>(std::move(on_line)));
  logger->set_level(spdlog::level::info);
  spdlog::set_default_logger(std::move(logger));
}

log_tap::~log_tap() {
  spdlog::set_default_logger(before_);
}

} // namespace belfry::sim
