#pragma once

#include "wire/messages.pb.h"

namespace belfry::test {

/// An empty answer of a shard to `batch`.
inline wire::Submitted answer_to(const wire::Submit& batch) {
  wire::Submitted answer;
  answer.set_client(batch.client());
  answer.set_sequence(batch.sequence());
  answer.set_shard(batch.shard());
  return answer;
}

} // namespace belfry::test
