#include "cli/monitoring/prometheus_server.hpp"

#include "cli/monitoring/monitored_node.hpp"
#include "cli/node_program.hpp"
#include "os/http/http_exchange.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <cctype>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>

namespace belfry::test {

namespace {

/// A minute lasts two seconds in `[5m]` and `for: 5m`.
std::string shortened(const std::string& rules) {
  static const std::map<std::string, int> unit_ms{
      {"s", 2'000 / 60}, {"m", 2'000}, {"h", 60 * 2'000}, {"d", 24 * 60 * 2'000}};
  static const std::regex span{R"((\[|for: )(\d+)([smhd]))"};
  std::string to;
  auto rest = rules.cbegin();
  for (std::sregex_iterator found{rules.begin(), rules.end(), span}, end; found != end; ++found) {
    const auto& match = *found;
    to.append(rest, match[0].first);
    to += match[1].str() + std::to_string(std::stoi(match[2]) * unit_ms.at(match[3])) + "ms";
    rest = match[0].second;
  }
  return to.append(rest, rules.cend());
}

/// The command that starts it.
std::string prepared(const std::string& directory, std::uint16_t node_http_port) {
  const auto place = directory + "/prometheus";
  std::filesystem::create_directory(place);
  std::ofstream{place + "/alerts.yml"} << shortened(read_text("monitoring/alerts.yml"));
  std::ofstream{place + "/prometheus.yml"}
      << "global: {scrape_interval: 2s, scrape_timeout: 2s, evaluation_interval: 1s}\n"
         "rule_files: [alerts.yml]\n"
         "scrape_configs:\n"
         "  - job_name: belfry\n"
         "    static_configs: [{targets: ['127.0.0.1:"
      << node_http_port << "']}]\n";
  return "prometheus --config.file=" + place + "/prometheus.yml --storage.tsdb.path=" + place +
         "/data --web.listen-address=127.0.0.1:0 2>&1";
}

std::string percent_encoded(const std::string& text) {
  std::string to;
  for (const unsigned char byte : text) {
    std::array<char, 4> code{};
    std::snprintf(code.data(), code.size(), "%%%02X", byte);
    to += std::isalnum(byte) != 0 ? std::string(1, static_cast<char>(byte)) : code.data();
  }
  return to;
}

} // namespace

bool prometheus_server::is_installed() {
  const bool is_there = shell("command -v prometheus").status == 0;
  if (!is_there)
    WARN("not tested: there is no prometheus (Debian's package prometheus)");
  return is_there;
}

prometheus_server::prometheus_server(const std::string& directory, std::uint16_t node_http_port)
    : process_(prepared(directory, node_http_port)) {
  static const std::regex listening{"\"Listening on\" address=127.0.0.1:(\\d+)"};
  std::string told;
  for (std::smatch found; port_ == 0;) {
    const auto line = process_.read_line();
    told += line + "\n";
    INFO(told);
    REQUIRE_FALSE(line.empty()); // It has ended.
    if (std::regex_search(line, found, listening))
      port_ = static_cast<std::uint16_t>(std::stoi(found[1]));
  }
}

std::set<std::string> prometheus_server::firing_alerts() const {
  std::set<std::string> firing;
  const auto data = get("alerts");
  for (const auto& alert : data["alerts"])
    if (alert["state"] == "firing")
      for (const std::string label : {"queue", "kind", "instance"})
        if (alert["labels"].contains(label))
          firing.insert(alert["labels"]["alertname"].get<std::string>() + " " +
                        alert["labels"][label].get<std::string>());
  return firing;
}

std::multiset<double> prometheus_server::values_of(const std::string& expression) const {
  std::multiset<double> values;
  const auto data = get("query?query=" + percent_encoded(expression));
  for (const auto& series : data["result"])
    values.insert(std::stod(series["value"].at(1).get<std::string>()));
  return values;
}

/// HTTP/1.0: the answer has no chunks.
nlohmann::json prometheus_server::get(const std::string& path) const {
  raw_http connection{port_};
  connection.send("GET /api/v1/" + path + " HTTP/1.0\r\n\r\n");
  const auto text = connection.receive_all();
  INFO(path << "\n" << text);
  const auto end = text.find("\r\n\r\n");
  REQUIRE(end != std::string::npos);
  const auto answer = nlohmann::json::parse(text.substr(end + 4), nullptr, false);
  REQUIRE(answer.is_object());
  REQUIRE(answer.value("status", "") == "success");
  return answer["data"];
}

} // namespace belfry::test
