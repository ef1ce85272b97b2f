#pragma once

#include "belfry/result.hpp"

#include <string>

namespace belfry {

/// Reads the secret that all processes of this user share: 32 random bytes in the file `secret` of
/// `directory`. Creates both if they do not exist; processes that do so at the same time get the
/// same secret. Fails with `errc::storage`, naming the path, if they cannot be created, belong to
/// another user or are accessible to others; with `errc::overloaded` if there is no descriptor
/// left.
[[nodiscard]] result<std::string> user_secret(const std::string& directory);

/// The directory of that secret: the value of the environment variable `BELFRY_HOME`. If that is
/// not set or empty: `.belfry` in the home that the user's account names, or `/tmp/belfry-UID` if
/// there is no home that this user owns and may write to. Fails with `errc::overloaded` if there is
/// no descriptor left to find the home with.
[[nodiscard]] result<std::string> user_directory();

/// Reads a secret from a file that the user names: 16 to 4096 bytes, without a final line break.
/// Fails with `errc::invalid_argument`, naming the file.
[[nodiscard]] result<std::string> read_secret_file(const std::string& file);

} // namespace belfry
