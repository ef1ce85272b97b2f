// Text forms of ids, addresses, states and codes.
#include "belfry/explanation.hpp"
#include "belfry/failure.hpp"
#include "belfry/health.hpp"
#include "belfry/ids.hpp"
#include "belfry/log_options.hpp"
#include "belfry/options.hpp"
#include "belfry/task.hpp"

#include <array>
#include <charconv>
#include <ostream>

namespace belfry {

namespace {

constexpr std::array state_names{"scheduled", "ready",     "running", "succeeded",
                                 "dead",      "cancelled", "expired", "reserved"};

constexpr std::array errc_names{"invalid_argument", "too_large",   "not_found",   "wrong_state",
                                "overloaded",       "unavailable", "stale_token", "storage",
                                "corrupt",          "timed_out",   "cancelled",   "forgotten"};

constexpr std::array log_level_names{"debug", "info", "warning", "error", "off"};

constexpr std::array reason_names{"unknown",
                                  "waiting_until_due",
                                  "waiting_for_retry",
                                  "queue_paused",
                                  "waiting_for_worker",
                                  "no_worker",
                                  "no_worker_for_kind",
                                  "no_worker_for_queue",
                                  "all_slots_busy",
                                  "being_assigned",
                                  "reserved",
                                  "running",
                                  "being_cancelled",
                                  "succeeded",
                                  "dead",
                                  "cancelled",
                                  "expired"};

constexpr std::array verdict_names{"unknown",
                                   "idle",
                                   "keeps_up",
                                   "paused",
                                   "no_worker",
                                   "no_worker_for_kind",
                                   "no_worker_for_queue",
                                   "all_slots_busy",
                                   "storage",
                                   "not_starting"};

/// Parses all of `text` as a number; nothing if that fails.
std::optional<std::uint64_t> parse_number(std::string_view text) {
  std::uint64_t number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size() || text.empty())
    return std::nullopt;
  return number;
}

} // namespace

std::string_view to_string(errc code) {
  return errc_names.at(static_cast<std::size_t>(code) - 1);
}

std::string to_string(const failure& error) {
  return std::string{to_string(error.code)} + ": " + error.what;
}

std::ostream& operator<<(std::ostream& out, const failure& error) {
  return out << to_string(error);
}

std::string_view to_string(log_level level) {
  return log_level_names.at(static_cast<std::size_t>(level));
}

std::string_view to_string(task_state state) {
  return state_names.at(static_cast<std::size_t>(state) - 1);
}

std::optional<task_state> parse_task_state(std::string_view name) {
  for (std::size_t i = 0; i < state_names.size(); ++i)
    if (name == state_names[i])
      return static_cast<task_state>(i + 1);
  return std::nullopt;
}

std::string_view to_string(explanation_reason reason) {
  return reason_names.at(static_cast<std::size_t>(reason));
}

explanation_reason parse_explanation_reason(std::string_view name) {
  for (std::size_t i = 0; i < reason_names.size(); ++i)
    if (name == reason_names[i])
      return static_cast<explanation_reason>(i);
  return explanation_reason::unknown;
}

std::string_view to_string(queue_verdict verdict) {
  return verdict_names.at(static_cast<std::size_t>(verdict));
}

queue_verdict parse_queue_verdict(std::string_view name) {
  for (std::size_t i = 0; i < verdict_names.size(); ++i)
    if (name == verdict_names.at(i))
      return static_cast<queue_verdict>(i);
  return queue_verdict::unknown;
}

std::string_view to_string(durability level) {
  switch (level) {
  case durability::durable:
    return "durable";
  case durability::relaxed:
    return "relaxed";
  case durability::in_memory:
    return "volatile";
  }
  return "unknown";
}

std::string to_string(task_id id) {
  return std::to_string(id.shard().value) + "-" + std::to_string(id.serial());
}

std::string to_string(const node_address& address) {
  const bool is_ipv6 = address.host.find(':') != std::string::npos;
  const auto host = is_ipv6 ? "[" + address.host + "]" : address.host;
  return host + ":" + std::to_string(address.port);
}

task_id parse_task_id(const std::string& text) {
  auto dash = text.find('-');
  if (dash == std::string::npos)
    return {};
  auto shard = parse_number(std::string_view{text}.substr(0, dash));
  auto serial = parse_number(std::string_view{text}.substr(dash + 1));
  if (!shard || !serial || *shard > 0xffff || *serial > 0xffff'ffff'ffffULL)
    return {};
  return task_id::of({static_cast<std::uint16_t>(*shard)}, *serial);
}

} // namespace belfry
