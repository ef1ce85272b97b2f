#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

namespace belfry {

/// How the peers of a connection authenticate: single bits, since a client may offer several.
enum class auth_method : std::uint8_t {
  none = 1,          ///< not at all
  user = 2,          ///< both run as one user on one machine: both can read `user_secret`
  secret = 4,        ///< both know a secret
  tls = 8,           ///< certificates
  bound_secret = 16, ///< a secret, on one machine: the proofs include the node's address
};

/// Beside the methods: in a hello, the client can use records (`record_reader`); in an answer
/// without TLS, both do from the end of the handshake on. Earlier versions ignore it in a hello.
constexpr std::uint8_t uses_records = 32;

/// The server's answer, or the result that either side sends at the end.
enum class handshake_verdict : std::uint8_t {
  accepted = 0,
  method_mismatch,  ///< the node requires `methods`, which was not offered
  secret_mismatch,  ///< the proof was made with another secret
  name_not_allowed, ///< the certificate's name is not in the list of allowed names
  version_mismatch, ///< the versions of this handshake differ
  no_descriptors,   ///< the node has no file descriptor left to read its secret with
  no_secret,        ///< the node cannot read its secret for another reason
};

/// A message of belfry's handshake, which precedes everything else on a new connection:
///
///     client  hello    the methods it offers, a nonce
///     server  answer   the method it requires, a nonce, its proof
///     client  proof    its proof
///     server  verdict
///
/// With `auth_method::tls` the last two are sent inside TLS, after its handshake; with
/// `auth_method::none` they are left out. All messages have 80 bytes:
///
///     6 bytes "BELFRY", 1 version, 1 methods, 1 verdict, 7 zeros, 32 nonce, 32 proof
///
/// The first seven bytes are the same in every version.
struct handshake_message {
  static constexpr std::size_t size_bytes = 80;
  static constexpr std::size_t version_at = 6;
  static constexpr std::uint8_t current_version = 1;

  std::uint8_t version = current_version;
  std::uint8_t methods = 0;
  handshake_verdict verdict = handshake_verdict::accepted;
  std::array<std::uint8_t, 32> nonce{}; ///< random; in hello and answer
  std::array<std::uint8_t, 32> proof{}; ///< in answer and proof, of the methods with a secret
};

using handshake_bytes = std::array<std::uint8_t, handshake_message::size_bytes>;

[[nodiscard]] handshake_bytes to_bytes(const handshake_message& message);
[[nodiscard]] handshake_message from_bytes(const handshake_bytes& bytes);

/// Whether the first `count` bytes can be the start of a message, of any version.
[[nodiscard]] bool is_message_prefix(const handshake_bytes& bytes, std::size_t count);

/// The side that a proof comes from.
enum class handshake_role : std::uint8_t { server = 'a', client = 'd' };

/// Proves that `role` knows `secret`, in this one handshake: the HMAC-SHA-256 of the role, of
/// `hello`, of `answer` without its proof, and of `address`. The proofs of the two roles differ, so
/// a proof cannot be reflected.
[[nodiscard]] std::array<std::uint8_t, 32>
make_proof(const std::string& secret, handshake_role role, const handshake_message& hello,
           const handshake_message& answer, const std::string& address);

/// Compares in constant time.
[[nodiscard]] bool constant_time_equal(const std::array<std::uint8_t, 32>& left,
                                       const std::array<std::uint8_t, 32>& right);

} // namespace belfry
