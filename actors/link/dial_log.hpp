#pragma once

#include "belfry/options.hpp"
#include "belfry/result.hpp"

#include <map>
#include <mutex>
#include <string>

namespace belfry {

/// Logs why a node cannot be connected to: once, until the reason is another or it was reached.
///
/// May be used from any thread.
class dial_log {
public:
  void note(const node_address& place, const result<done>& outcome);

private:
  std::mutex mutex_;
  std::map<std::string, std::string> latest_; // Reasons, by place.
};

} // namespace belfry
