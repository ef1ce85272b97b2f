#include "os/link/link_word.hpp"

#include "belfry/contract.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <string_view>

namespace belfry {

namespace {

constexpr std::string_view magic = "BELFRY";
constexpr std::size_t kinds_at = 7;
constexpr std::size_t verdict_at = 8;
constexpr std::size_t random_at = 16;
constexpr std::size_t proof_at = 48;

void append(std::string& text, const link_bytes& bytes) {
  text.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

} // namespace

link_bytes to_bytes(const link_word& word) {
  link_bytes bytes{};
  std::copy(magic.begin(), magic.end(), bytes.begin());
  bytes[link_word::version_at] = word.version;
  bytes[kinds_at] = word.kinds;
  bytes[verdict_at] = static_cast<std::uint8_t>(word.verdict);
  std::copy(word.random.begin(), word.random.end(), bytes.begin() + random_at);
  std::copy(word.proof.begin(), word.proof.end(), bytes.begin() + proof_at);
  return bytes;
}

link_word from_bytes(const link_bytes& bytes) {
  link_word word;
  word.version = bytes[link_word::version_at];
  word.kinds = bytes[kinds_at];
  word.verdict = static_cast<link_verdict>(bytes[verdict_at]);
  std::copy_n(bytes.begin() + random_at, word.random.size(), word.random.begin());
  std::copy_n(bytes.begin() + proof_at, word.proof.size(), word.proof.begin());
  return word;
}

bool can_be_word(const link_bytes& bytes, std::size_t count) {
  return std::equal(magic.begin(), magic.begin() + std::min(count, magic.size()), bytes.begin());
}

std::array<std::uint8_t, 32> link_proof(const std::string& secret, link_side side,
                                        const link_word& hello, const link_word& answer,
                                        const std::string& place) {
  auto unproved = answer;
  unproved.proof = {};
  std::string text(1, static_cast<char>(side));
  append(text, to_bytes(hello));
  append(text, to_bytes(unproved));
  text += place;
  std::array<std::uint8_t, 32> proof{};
  unsigned size = 0;
  const auto* hashed =
      HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
           reinterpret_cast<const unsigned char*>(text.data()), text.size(), proof.data(), &size);
  expects(hashed != nullptr && size == proof.size(), "link_proof: there is SHA-256");
  return proof;
}

bool is_same_proof(const std::array<std::uint8_t, 32>& left,
                   const std::array<std::uint8_t, 32>& right) {
  return CRYPTO_memcmp(left.data(), right.data(), left.size()) == 0;
}

} // namespace belfry
