#include "os/link/openssl_error.hpp"

#include <openssl/err.h>

#include <cstring>

namespace belfry {

std::string take_openssl_error() {
  const auto code = ERR_get_error();
  ERR_clear_error();
  if (ERR_SYSTEM_ERROR(code))
    return std::strerror(ERR_GET_REASON(code));
  const auto* text = code == 0 ? nullptr : ERR_reason_error_string(code);
  return text ? text : "unknown error";
}

} // namespace belfry
