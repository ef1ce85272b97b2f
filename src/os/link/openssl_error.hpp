#pragma once

#include <string>

namespace belfry {

/// The text of the first error in OpenSSL's queue of this thread; `unknown error` if it has none.
/// Clears the queue.
[[nodiscard]] std::string take_openssl_error();

} // namespace belfry
