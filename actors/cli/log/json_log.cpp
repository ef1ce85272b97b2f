#include "cli/log/json_log.hpp"

#include "cli/text/json_text.hpp"

#include "text/printable.hpp"
#include "text/utf8.hpp"
#include "time/time_text.hpp"

#include <spdlog/common.h>
#include <spdlog/details/log_msg.h>

#include <chrono>
#include <string_view>
#include <utility>

namespace belfry::shell {

namespace {

std::string text_of(spdlog::string_view_t text) {
  const std::string_view bytes{text.data(), text.size()};
  return is_utf8(bytes) ? std::string{bytes} : printable(bytes);
}

class json_formatter : public spdlog::formatter {
public:
  json_formatter(std::string node, int pid) : node_(std::move(node)), pid_(pid) {}

  void format(const spdlog::details::log_msg& line, spdlog::memory_buf_t& to) override {
    const json object{{"time", format_utc(std::chrono::floor<duration>(line.time))},
                      {"level", text_of(spdlog::level::to_string_view(line.level))},
                      {"node", node_},
                      {"pid", pid_},
                      {"message", text_of(line.payload)}};
    const auto text = one_line(object) + "\n";
    to.append(text.data(), text.data() + text.size());
  }

  [[nodiscard]] std::unique_ptr<spdlog::formatter> clone() const override {
    return std::make_unique<json_formatter>(node_, pid_);
  }

private:
  std::string node_;
  int pid_;
};

} // namespace

std::unique_ptr<spdlog::formatter> json_log_formatter(const std::string& node, int pid) {
  return std::make_unique<json_formatter>(printable(node), pid);
}

} // namespace belfry::shell
