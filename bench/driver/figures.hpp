#pragma once

#include "measured_run.hpp"
#include "workloads.hpp"

#include <cstdint>
#include <functional>
#include <vector>

namespace belfry::bench {

/// How late each of `records` started, in microseconds, shortest first.
[[nodiscard]] std::vector<std::int64_t> latenesses(const std::vector<run_record>& records);

/// p50_ms, p99_ms, p999_ms, max_ms, min_ms of sorted microseconds.
void put_percentiles(figures& to, const std::vector<std::int64_t>& sorted_us);

/// p50_ms, p99_ms, max_ms and n of one phase of a run, each with its name before it.
void put_phase(figures& to, const std::string& when, const std::vector<std::int64_t>& sorted_us);

/// The processor time of each side, and what other programs took.
void put_cpu(figures& to, const measured_run& run);

/// lost and duplicates, for `n` tasks that should have run once each.
void put_losses(figures& to, const std::vector<run_record>& records, std::int64_t n);

/// Measures again while other programs use the machine, up to `tries` times in all; returns the
/// quietest run. Tells each on the standard error.
figures quietest(int tries, const std::function<figures()>& measure);

/// The run whose leading figure is the median, with that figure of all `runs`.
figures median_of(const std::vector<figures>& runs);

/// Prints one line of JSON, in the order of the columns that all schedulers share.
void print_row(const bench_options& options, const std::string& workload, const figures& found);

} // namespace belfry::bench
