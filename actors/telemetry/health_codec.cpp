#include "telemetry/health_codec.hpp"

#include <string>

namespace belfry::health_codec {

namespace {

void write(const queue_health& from, wire::QueueHealth& to) {
  to.set_queue(from.queue);
  to.set_verdict(std::string{to_string(from.verdict)});
  to.set_is_ok(from.is_ok);
  to.set_text(from.text);
  to.set_scheduled(from.scheduled);
  to.set_ready(from.ready);
  to.set_reserved(from.reserved);
  to.set_running(from.running);
  to.set_dead(from.dead);
  to.set_oldest_ready_age_ms(from.oldest_ready_age.count());
}

} // namespace

void write(const health_report& from, wire::Health& to) {
  to.set_node(from.node);
  to.set_is_ok(from.is_ok);
  to.set_is_ready(from.is_ready);
  for (const auto& problem : from.problems) {
    auto& written = *to.add_problems();
    written.set_name(problem.name);
    written.set_text(problem.text);
  }
  for (const auto& queue : from.queues)
    write(queue, *to.add_queues());
}

} // namespace belfry::health_codec
