#include "scenario/cluster.hpp"
#include "workloads/drawn_task.hpp"
#include "workloads/workload.hpp"

namespace belfry::sim {

namespace {

using namespace std::chrono_literals;

/// Submits tasks that wait a while, and changes or deletes them: before they start, between two
/// attempts, while they run (which is refused) and after they have ended.
class change_workload : public workload {
public:
  [[nodiscard]] std::string name() const override { return "changes"; }
  [[nodiscard]] duration mean_interval() const override { return 400ms; }

  void generate(cluster& target, prng& random) override {
    auto task = draw_task(target, random);
    const auto tag = target.scripts().add(task.script);
    const auto changes = draw_changes(random);
    const bool will_wait = random.chance(30);
    task.spec.payload = task_scripts::payload_of(tag);
    target.client().submit(tag, task.spec, [this, &target, tag, changes, will_wait](task_id id) {
      if (will_wait)
        target.client().wait_for(id, 120s);
      for (const auto& drawn : changes)
        target.sim_world().after(
            drawn.pause, [this, &target, id, tag, drawn, losses = target.client().memory_losses()] {
              if (losses == target.client().memory_losses())
                send(target, id, tag, drawn);
            });
    });
  }

private:
  struct drawn_change {
    duration pause{}; // Since the task was accepted.
    task_change change;
    std::optional<duration> due_after{}; // The change is sent.
    bool has_payload = false;
    bool is_deleted = false;
  };

  static drawn_task draw_task(cluster& target, prng& random) {
    auto task = draw_plain_task(random);
    if (random.chance(80))
      task.spec.delay = draw_delay(random, 15s);
    if (random.chance(30))
      task.script.failures = static_cast<std::uint32_t>(1 + random.below(3));
    else if (random.chance(10))
      task.script.snooze = 1ms + draw_delay(random, 5s);
    if (random.chance(10))
      task.spec.start_by = target.sim_world().now() + 5s + draw_delay(random, 30s);
    return task;
  }

  static std::vector<drawn_change> draw_changes(prng& random) {
    std::vector<drawn_change> changes(1 + random.below(3));
    for (auto& drawn : changes)
      drawn = draw_change(random);
    return changes;
  }

  static drawn_change draw_change(prng& random) {
    drawn_change drawn;
    drawn.pause = random.chance(90) ? draw_delay(random, 12s) : draw_delay(random, 40s);
    if (random.chance(20)) {
      drawn.is_deleted = true;
      return drawn;
    }
    const auto lot = random.below(100);
    if (lot < 25)
      drawn.change.delay = duration{0}; // Runs it now.
    else if (lot < 45)
      drawn.change.delay = draw_delay(random, 12s);
    else if (lot < 60)
      drawn.due_after = draw_delay(random, 12s);
    if (random.chance(30))
      drawn.change.priority = static_cast<std::int32_t>(random.below(7)) - 3;
    if (random.chance(30))
      drawn.change.queue = draw_queue(random);
    drawn.has_payload = random.chance(50);
    return drawn;
  }

  void send(cluster& target, task_id id, task_tag tag, const drawn_change& drawn) {
    if (drawn.is_deleted)
      return target.client().remove(id);
    auto change = drawn.change;
    if (drawn.due_after)
      change.due = target.sim_world().now() + *drawn.due_after;
    if (drawn.has_payload)
      change.payload = task_scripts::payload_of(tag, ++version_);
    target.client().change(id, change);
  }

  std::uint32_t version_ = 0; // Of the latest payload: greater than all before, of any task.
};

} // namespace

std::unique_ptr<workload> changes() {
  return std::make_unique<change_workload>();
}

} // namespace belfry::sim
