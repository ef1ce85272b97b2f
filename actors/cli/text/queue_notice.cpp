#include "cli/text/queue_notice.hpp"

#include "cli/command_line/suggestion.hpp"
#include "cli/text/notice.hpp"

#include <algorithm>
#include <cstddef>

namespace belfry::shell {

namespace {

constexpr std::size_t shown_max = 10;

std::string list_of_names(const std::vector<std::string>& known) {
  std::string names;
  for (std::size_t i = 0; i < std::min(known.size(), shown_max); ++i)
    names += (i == 0 ? "" : ", ") + known[i];
  if (known.size() > shown_max)
    names += " and " + std::to_string(known.size() - shown_max) + " more";
  return names;
}

} // namespace

std::string unknown_queue_text(const std::string& queue, const std::vector<std::string>& known) {
  if (std::find(known.begin(), known.end(), queue) != known.end())
    return {};
  const auto text = "there is no queue '" + queue + "' yet";
  if (known.empty())
    return text;
  return text + " (known: " + list_of_names(known) + ")" + did_you_mean(queue, known);
}

void warn_of_unknown_queue(const program& belfry, client& node, const std::string& queue) {
  const auto queues = node.queues().list(belfry.request_timeout);
  if (!queues)
    return;
  std::vector<std::string> known;
  for (const auto& info : *queues)
    known.push_back(info.queue);
  const auto text = unknown_queue_text(queue, known);
  if (!text.empty())
    print_notice(belfry, json{{"notice", "unknown_queue"}, {"queue", queue}, {"known", known}},
                 text);
}

} // namespace belfry::shell
