#include "checkers/checker.hpp"
#include "observation/lost_runs.hpp"
#include "observation/paged_map.hpp"

namespace belfry::sim {

namespace {

/// Remembers the whole life of the world: a lost disk makes it forget nothing.
class repeats_checker : public checker {
public:
  repeats_checker() : checker("nothing repeats") {}

  [[nodiscard]] bool observes_lost_runs() const override { return true; }

  void observe(const observation& event, instant) override {
    if (const auto* granted = std::get_if<run_granted>(&event))
      check_token(*granted);
    else if (const auto* accepted = std::get_if<task_accepted>(&event);
             accepted && !accepted->is_duplicate)
      check_name(accepted->id, accepted->tag);
    else if (const auto* started = std::get_if<run_started>(&event))
      check_name(started->id, started->tag);
    lost_runs_.note(event);
  }

private:
  /// A server that was deposed may send a grant late; but no server outlives the loss of its disk.
  void check_token(const run_granted& event) {
    const auto lost = lost_runs_.latest_lost(event.id.shard());
    if (lost && event.token <= *lost)
      report("task " + to_string(event.id) + " is granted with token " +
             std::to_string(event.token.value) + " though its shard had given " +
             std::to_string(lost->value) + " before its disk was lost");
  }

  /// Tag 0: the task is not known by a tag.
  void check_name(task_id id, task_tag tag) {
    if (tag == 0)
      return;
    if (auto& known = tags_[id]; known != 0 && known != tag)
      report("the id " + to_string(id) + " names the task of tag " + std::to_string(known) +
             " and the task of tag " + std::to_string(tag));
    else
      known = tag;
  }

  lost_runs lost_runs_;
  paged_map<task_id, task_tag> tags_;
};

} // namespace

std::unique_ptr<checker> nothing_repeats() {
  return std::make_unique<repeats_checker>();
}

} // namespace belfry::sim
