#include "cluster.hpp"
#include "workloads/workload.hpp"

#include <array>

namespace belfry::sim {

namespace {

constexpr std::array queues{"default", "mail", "reports"};
constexpr std::array kinds{"resize", "send", "sum"};
constexpr duration retention{std::chrono::hours{24}};

class steady_workload : public workload {
public:
  explicit steady_workload(std::uint64_t seed) : random_(seed), gap_(40 + random_.below(160)) {}

  void begin(cluster& target, duration span) override {
    ends_at_ = target.inside().elapsed() + span;
    submit_next(target);
    pause_next(target);
  }

  [[nodiscard]] const std::set<task_id>& accepted() const override { return accepted_; }

private:
  void submit_next(cluster& target) {
    const duration rest{static_cast<std::int64_t>(random_.below(2 * gap_ + 1))};
    target.inside().after(rest, [this, &target] {
      if (target.inside().elapsed() >= ends_at_)
        return;
      // Now and then many at once.
      const auto count = random_.chance(3) ? 1 + random_.below(40) : 1;
      for (std::uint64_t i = 0; i < count; ++i)
        submit_one(target);
      submit_next(target);
    });
  }

  void submit_one(cluster& target) {
    const auto script = draw_script();
    const auto tag = target.scripts().add(script);
    const bool will_cancel = random_.chance(8);
    const bool will_wait = random_.chance(30);
    const duration cancel_after{static_cast<std::int64_t>(random_.below(6'000))};
    target.client().submit(tag, draw_spec(tag, script, target.inside().now()),
                           [this, &target, will_cancel, will_wait, cancel_after](task_id id) {
                             accepted_.insert(id);
                             if (will_wait)
                               target.client().wait_for(id, duration{120'000});
                             if (will_cancel)
                               target.inside().after(cancel_after,
                                                     [&target, id] { target.client().cancel(id); });
                           });
  }

  task_script draw_script() {
    task_script script;
    script.span = duration{static_cast<std::int64_t>(1 + random_.below(400))};
    const auto lot = random_.below(1000);
    if (lot < 60)
      script.failures = static_cast<std::uint32_t>(1 + random_.below(6));
    else if (lot < 80)
      script.failures = 1, script.is_final = true;
    else if (lot < 110)
      script.snooze = duration{static_cast<std::int64_t>(1 + random_.below(5'000))};
    else if (lot < 113)
      script.is_poison = true;
    else if (lot < 130)
      script.span *= 20; // A long one.
    else if (lot < 140)
      script.span *= 20, script.is_deaf = true;
    return script;
  }

  task_spec draw_spec(task_tag tag, const task_script& script, instant now) {
    task_spec spec;
    spec.kind = kinds[random_.below(kinds.size())];
    spec.queue = queues[random_.below(queues.size())];
    spec.payload = script_book::payload_of(tag);
    spec.priority = static_cast<std::int32_t>(random_.below(5)) - 2;
    spec.retention = retention;
    if (random_.chance(40))
      spec.delay = duration{static_cast<std::int64_t>(random_.below(20'000))};
    else if (random_.chance(10))
      spec.due = now + duration{static_cast<std::int64_t>(random_.below(20'000))};
    if (random_.chance(10))
      spec.key = "key" + std::to_string(random_.below(20));
    if (random_.chance(5))
      spec.start_by = now + duration{static_cast<std::int64_t>(1'000 + random_.below(30'000))};
    if (script.span > duration{2'000} && random_.chance(50))
      spec.timeout = duration{1'000};
    spec.retry.attempts_max = static_cast<std::uint32_t>(1 + random_.below(5));
    spec.retry.delay_min = duration{static_cast<std::int64_t>(100 + random_.below(1'000))};
    spec.retry.delay_max = duration{10'000};
    return spec;
  }

  void pause_next(cluster& target) {
    const duration rest{static_cast<std::int64_t>(random_.below(30'000))};
    const std::string queue = queues[random_.below(queues.size())];
    const duration span{static_cast<std::int64_t>(random_.below(8'000))};
    target.inside().after(rest, [this, &target, queue, span] {
      if (target.inside().elapsed() >= ends_at_)
        return;
      target.client().set_paused(queue, true, [this, &target, queue, span] {
        target.inside().after(span, [this, &target, queue] {
          target.client().set_paused(queue, false, [this, &target] { pause_next(target); });
        });
      });
    });
  }

  prng random_;
  std::uint64_t gap_; // Milliseconds between two submissions, on average.
  world_time ends_at_{};
  std::set<task_id> accepted_;
};

} // namespace

std::unique_ptr<workload> steady(std::uint64_t seed) {
  return std::make_unique<steady_workload>(seed);
}

std::vector<std::string> workload_kinds() {
  return {kinds.begin(), kinds.end()};
}

} // namespace belfry::sim
