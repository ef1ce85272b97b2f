#pragma once

#include "belfry/retry_policy.hpp"

namespace belfry::wire {

class json_value;

/// Reads all of a retry policy but the number of attempts from a JSON object, for example
///
///     {"backoff": "fixed", "delay_min": "1s", "delay_max": "1h", "jitter_percent": 20,
///      "crashes_max": 3, "rules": [{"error": "Timeout", "is_retryable": true, "delay": "5s"}]}
///
/// Fields that the object leaves out stay as they are in `to`. Throws a `field_error` that names
/// the field and says what was expected.
void read_retry(const json_value& from, retry_policy& to);

} // namespace belfry::wire
