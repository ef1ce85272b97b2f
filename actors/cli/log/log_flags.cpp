#include "cli/log/log_flags.hpp"

#include "cli/flags.hpp"
#include "cli/log/json_log.hpp"

#include <spdlog/spdlog.h>

#include <unistd.h>

namespace belfry::shell {

void add_log(CLI::App& node, log_flags& to) {
  node.add_option("--log-level", to.level, "debug, info, warning, error or off (default info)")
      ->check(CLI::IsMember({"debug", "info", "warning", "error", "off"}))
      ->option_text("LEVEL");
  add_choice(node, "--log-format", to.is_json, {{"text", false}, {"json", true}},
             "Lines of the log: text, or json for one object per line (default text)")
      ->type_name("FORMAT");
}

void set_up_log(const log_flags& flags, const std::string& node) {
  spdlog::set_level(spdlog::level::from_str(flags.level));
  if (flags.is_json)
    spdlog::set_formatter(json_log_formatter(node, ::getpid()));
}

} // namespace belfry::shell
