#include "journal/batch_check.hpp"

#include "journal/frame.hpp"
#include "journal/journal_texts.hpp"

namespace belfry {

status batch_check::accept(std::uint64_t first, std::string_view framed, record& held) {
  const auto whole = unframe_record(shard_, first, framed);
  if (!whole)
    return damaged_record(shard_, first);
  // Only the first batch may begin before the event that is asked for.
  if (first > next_ || (next_ != from_ && first < next_))
    return missing_records(shard_, next_, first);
  if (first + whole->count <= next_)
    return missing_records(shard_, next_, first + whole->count);
  held = *whole;
  next_ = first + whole->count;
  return {};
}

status batch_check::finish(std::uint64_t head) const {
  return next_ == head ? status{} : journal_too_short(shard_, next_, head);
}

} // namespace belfry
