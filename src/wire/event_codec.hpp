#pragma once

#include "belfry/result.hpp"
#include "task/event.hpp"

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace belfry::wire {

class EventBatch;

/// Collects events as the bytes of one journal record.
class event_writer {
public:
  event_writer();
  ~event_writer();

  void add(const event& event);
  [[nodiscard]] std::uint32_t count() const;
  /// The bytes of the events added since the last call.
  [[nodiscard]] std::string finish_record();

private:
  class arena;
  std::unique_ptr<arena> arena_; // The memory of the events, freed as a whole.
};

/// Passes the events in `bytes` to `apply`, in order. Fails with `errc::corrupt` on bytes that are
/// no record, and on an event that this version does not know: skipping it would silently lose a
/// change.
result<done> read_events(std::string_view bytes, const std::function<void(event)>& apply);

} // namespace belfry::wire
