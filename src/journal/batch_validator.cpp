#include "journal/batch_validator.hpp"

#include "journal/frame.hpp"
#include "journal/journal_errors.hpp"

namespace belfry {

storage_status batch_validator::validate(std::uint64_t first, std::string_view framed,
                                         stored_batch& batch) {
  const auto whole = unframe_batch(shard_, first, framed);
  if (!whole)
    return damaged_batch(shard_, first);
  // Only the first batch may begin before the event that reading starts at.
  if (first > next_ || (next_ != first_event_ && first < next_))
    return missing_events(shard_, next_, first);
  if (first + whole->count <= next_)
    return missing_events(shard_, next_, first + whole->count);
  batch = *whole;
  next_ = first + whole->count;
  return {};
}

storage_status batch_validator::finish(std::uint64_t head) const {
  return next_ == head ? storage_status{} : journal_too_short(shard_, next_, head);
}

} // namespace belfry
