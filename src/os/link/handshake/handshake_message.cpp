#include "os/link/handshake/handshake_message.hpp"

#include "belfry/contract.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <string_view>

namespace belfry {

namespace {

constexpr std::string_view magic = "BELFRY";
constexpr std::size_t methods_at = 7;
constexpr std::size_t verdict_at = 8;
constexpr std::size_t nonce_at = 16;
constexpr std::size_t proof_at = 48;

void append(std::string& text, const handshake_bytes& bytes) {
  text.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

} // namespace

handshake_bytes to_bytes(const handshake_message& message) {
  handshake_bytes bytes{};
  std::copy(magic.begin(), magic.end(), bytes.begin());
  bytes[handshake_message::version_at] = message.version;
  bytes[methods_at] = message.methods;
  bytes[verdict_at] = static_cast<std::uint8_t>(message.verdict);
  std::copy(message.nonce.begin(), message.nonce.end(), bytes.begin() + nonce_at);
  std::copy(message.proof.begin(), message.proof.end(), bytes.begin() + proof_at);
  return bytes;
}

handshake_message from_bytes(const handshake_bytes& bytes) {
  handshake_message message;
  message.version = bytes[handshake_message::version_at];
  message.methods = bytes[methods_at];
  message.verdict = static_cast<handshake_verdict>(bytes[verdict_at]);
  std::copy_n(bytes.begin() + nonce_at, message.nonce.size(), message.nonce.begin());
  std::copy_n(bytes.begin() + proof_at, message.proof.size(), message.proof.begin());
  return message;
}

bool is_message_prefix(const handshake_bytes& bytes, std::size_t count) {
  return std::equal(magic.begin(), magic.begin() + std::min(count, magic.size()), bytes.begin());
}

std::array<std::uint8_t, 32> make_proof(const std::string& secret, handshake_role role,
                                        const handshake_message& hello,
                                        const handshake_message& answer,
                                        const std::string& address) {
  auto unproved = answer;
  unproved.proof = {};
  std::string text(1, static_cast<char>(role));
  append(text, to_bytes(hello));
  append(text, to_bytes(unproved));
  text += address;
  std::array<std::uint8_t, 32> proof{};
  unsigned size = 0;
  const auto* hashed =
      HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
           reinterpret_cast<const unsigned char*>(text.data()), text.size(), proof.data(), &size);
  expects(hashed != nullptr && size == proof.size(), "make_proof: OpenSSL has SHA-256");
  return proof;
}

bool constant_time_equal(const std::array<std::uint8_t, 32>& left,
                         const std::array<std::uint8_t, 32>& right) {
  return CRYPTO_memcmp(left.data(), right.data(), left.size()) == 0;
}

} // namespace belfry
