#include "cli/text/words.hpp"

#include "os/system_clock.hpp"
#include "time/text.hpp"

namespace belfry::shell {

std::string time_words(const program& belfry, instant at) {
  const auto text = instant_text(at, belfry.zone);
  return text ? *text : utc_text(at);
}

std::string time_and_distance(const program& belfry, instant at) {
  const auto distance = at - system_clock{}.now();
  return time_words(belfry, at) + (distance.count() > 0
                                       ? " (in " + duration_text(distance) + ")"
                                       : " (" + duration_text(-distance) + " ago)");
}

std::string count_words(std::size_t count, const std::string& noun) {
  return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

std::string state_words(const task_info& task) {
  std::string text{to_string(task.state)};
  if (task.attempt > 0)
    text +=
        ", attempt " + std::to_string(task.attempt) + " of " + std::to_string(task.attempts_max);
  if (task.crashes > 0)
    text += ", " + count_words(task.crashes, "worker") + " lost";
  return text;
}

} // namespace belfry::shell
