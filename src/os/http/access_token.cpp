#include "os/http/access_token.hpp"

#include "os/input_file.hpp"

#include <openssl/crypto.h>
#include <sys/stat.h>

#include <algorithm>
#include <cctype>
#include <cstddef>

namespace belfry {

namespace {

constexpr std::size_t token_bytes_min = 16;
constexpr std::size_t token_bytes_max = 4096;
constexpr std::string_view scheme = "Bearer ";

failure refusal(const std::string& path, const std::string& reason) {
  return {errc::invalid_argument, "http_token_file '" + path + "' " + reason};
}

bool is_scheme(std::string_view word) {
  return std::equal(word.begin(), word.end(), scheme.begin(), scheme.end(),
                    [](char left, char right) {
                      return std::tolower(static_cast<unsigned char>(left)) ==
                             std::tolower(static_cast<unsigned char>(right));
                    });
}

} // namespace

result<std::string> read_token(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) == 0 && (status.st_mode & S_IROTH) != 0)
    return refusal(path, "can be read by every user of this machine, expected mode 0600 or 0640");
  auto token = read_file(path);
  if (!token)
    return token.error();
  while (token->ends_with('\n') || token->ends_with('\r'))
    token->pop_back();
  if (token->size() < token_bytes_min || token->size() > token_bytes_max)
    return refusal(path, "has " + std::to_string(token->size()) + " characters, expected " +
                             std::to_string(token_bytes_min) + " to " +
                             std::to_string(token_bytes_max));
  if (!std::all_of(token->begin(), token->end(),
                   [](char byte) { return byte > ' ' && byte < 127; }))
    return refusal(path, "has a character that a header cannot carry, expected printable ASCII "
                         "without spaces");
  return token;
}

bool bears_token(std::string_view authorization, std::string_view token) {
  if (!is_scheme(authorization.substr(0, scheme.size())))
    return false;
  const auto given = authorization.substr(scheme.size());
  return given.size() == token.size() &&
         CRYPTO_memcmp(given.data(), token.data(), token.size()) == 0;
}

} // namespace belfry
