#pragma once

#include "belfry/task.hpp"

#include <chrono>

namespace belfry {

/// Values with every field set to something other than its default.

inline retry_policy full_retry() {
  retry_policy policy;
  policy.growth = retry_policy::backoff::fixed;
  policy.attempts_max = 9;
  policy.crashes_max = 7;
  policy.delay_min = duration{250};
  policy.delay_max = duration{90'000};
  policy.jitter_percent = 35;
  policy.rules = {
      {"busy", true, duration{0}}, {"gone", false, duration{-1}}, {"slow", true, duration{5'000}}};
  return policy;
}

inline task_spec full_task() {
  task_spec spec;
  spec.kind = "wash";
  spec.payload = std::string{"\0\xff shirts", 9};
  spec.queue = "laundry";
  spec.priority = -42;
  spec.due = instant_of_ms(1'700'000'000'123);
  spec.delay = duration{1'500};
  spec.start_by = instant_of_ms(1'700'000'600'000);
  spec.timeout = duration{30'000};
  spec.retry = full_retry();
  spec.key = "order-7";
  spec.key_ttl = duration{60'000};
  spec.retention = duration{120'000};
  return spec;
}

inline schedule_spec full_schedule() {
  schedule_spec spec;
  spec.name = "nightly";
  spec.when = {"0 3 * * 1-5", "Europe/Berlin", gap_policy::skip, repeated_hour_policy::both};
  spec.misfire = misfire_policy::run_all;
  spec.overlap = overlap_policy::cancel_other;
  spec.catch_up_max = 4;
  spec.jitter = duration{60'000};
  spec.task = full_task();
  return spec;
}

inline task_info full_info() {
  task_info info;
  info.id = task_id::of({3}, 1042);
  info.kind = "wash";
  info.queue = "laundry";
  info.priority = -42;
  info.state = task_state::dead;
  info.accepted_at = instant_of_ms(1'700'000'000'000);
  info.due = instant_of_ms(-5);
  info.started_at = instant_of_ms(1'700'000'000'200);
  info.settled_at = instant_of_ms(1'700'000'000'300);
  info.start_by = instant_of_ms(1'700'000'000'250);
  info.complete_by = instant_of_ms(1'700'000'000'400);
  info.ran = duration{70};
  info.attempt = 4;
  info.attempts_max = 9;
  info.crashes = 2;
  info.token = {(1ULL << 40) + 17};
  info.session = {0xfeed'beef'0000'0001ULL};
  info.key = "order-7";
  info.schedule = "nightly";
  info.last_error = "dirty: the stain stays";
  info.earlier_errors = {"torn", std::string{"\0wet\xff", 5}};
  info.output = std::string{"\0clean", 6};
  info.progress = "rinsing";
  info.payload = "shirts";
  info.timeout = duration{90'000};
  info.retry = full_task().retry;
  info.worker = "tower";
  return info;
}

} // namespace belfry
