#include "os/link/handshake_message.hpp"

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

void append(std::string& text, const handshake_bytes& bytes) {
  text.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

} // namespace

handshake_bytes to_bytes(const handshake_message& word) {
  handshake_bytes bytes{};
  std::copy(magic.begin(), magic.end(), bytes.begin());
  bytes[handshake_message::version_at] = word.version;
  bytes[kinds_at] = word.methods;
  bytes[verdict_at] = static_cast<std::uint8_t>(word.verdict);
  std::copy(word.nonce.begin(), word.nonce.end(), bytes.begin() + random_at);
  std::copy(word.proof.begin(), word.proof.end(), bytes.begin() + proof_at);
  return bytes;
}

handshake_message from_bytes(const handshake_bytes& bytes) {
  handshake_message word;
  word.version = bytes[handshake_message::version_at];
  word.methods = bytes[kinds_at];
  word.verdict = static_cast<handshake_verdict>(bytes[verdict_at]);
  std::copy_n(bytes.begin() + random_at, word.nonce.size(), word.nonce.begin());
  std::copy_n(bytes.begin() + proof_at, word.proof.size(), word.proof.begin());
  return word;
}

bool is_message_prefix(const handshake_bytes& bytes, std::size_t count) {
  return std::equal(magic.begin(), magic.begin() + std::min(count, magic.size()), bytes.begin());
}

std::array<std::uint8_t, 32> make_proof(const std::string& secret, handshake_role side,
                                        const handshake_message& hello,
                                        const handshake_message& answer, const std::string& place) {
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
  expects(hashed != nullptr && size == proof.size(), "make_proof: there is SHA-256");
  return proof;
}

bool constant_time_equal(const std::array<std::uint8_t, 32>& left,
                         const std::array<std::uint8_t, 32>& right) {
  return CRYPTO_memcmp(left.data(), right.data(), left.size()) == 0;
}

} // namespace belfry
