#pragma once

#include "belfry/result.hpp"

#include <string>

namespace belfry {

/// Reads what all processes of this user know and nobody else: 32 random bytes in the file `secret`
/// of `directory`. Makes both unless they are there; processes that do so at once get the same.
/// Fails with `errc::storage`, naming the path, if they cannot be made, belong to another user or
/// are open to others.
[[nodiscard]] result<std::string> user_secret(const std::string& directory);

/// Where that is: `.belfry` in the user's home, or `belfry-UID` among the temporary files if there
/// is no home that this user owns and may write to. Does not depend on the environment.
[[nodiscard]] std::string user_directory();

/// Reads a secret from a file that the user names: 16 to 4096 bytes, a line's end at its end left
/// out. Fails with `errc::invalid_argument`, naming the file.
[[nodiscard]] result<std::string> read_secret_file(const std::string& file);

} // namespace belfry
