#pragma once

#include "belfry/options.hpp"
#include "belfry/result.hpp"

#include <map>
#include <mutex>
#include <string>

namespace belfry {

/// Logs why a node cannot be reached: once, until the reason changes or the node was reached.
///
/// May be used from any thread.
class dial_log {
public:
  void note(const node_address& address, const result<done>& outcome);

private:
  std::mutex mutex_;
  std::map<std::string, std::string> latest_; // Reasons, by address.
};

} // namespace belfry
