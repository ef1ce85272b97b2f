#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

namespace belfry {

/// How the ends of a connection prove who they are: single bits, since a dialler may offer several.
enum class auth_method : std::uint8_t {
  open = 1,          ///< not at all
  user = 2,          ///< they are of one user, on one machine: both can read `user_secret`
  secret = 4,        ///< both know a secret
  tls = 8,           ///< certificates
  bound_secret = 16, ///< both know a secret, on one machine: the proofs name the place, too
};

/// What the side that accepts answers, or either side says at the end.
enum class handshake_verdict : std::uint8_t {
  welcome = 0,
  method_mismatch,  ///< the node demands `kind`, which was not offered
  secret_mismatch,  ///< the proof is not that of our secret
  name_not_allowed, ///< the certificate's name is not allowed
  version_mismatch, ///< of these words
};

/// What the two sides of a new connection say to each other before anything else: the dialler's
/// hello, the answer, the dialler's proof, and the verdict. The last two come after, and within, a
/// handshake of TLS, if that is the kind; without any proof there are none. All have one size and
/// one form:
///
///     6 bytes "BELFRY", 1 version, 1 kind (in a hello: all that are offered), 1 verdict,
///     7 zeros, 32 random, 32 proof
///
/// The first seven bytes stay as they are in every version.
struct handshake_message {
  static constexpr std::size_t bytes = 80;
  static constexpr std::size_t version_at = 6;
  static constexpr std::uint8_t current_version = 1;

  std::uint8_t version = current_version;
  std::uint8_t methods = 0;
  handshake_verdict verdict = handshake_verdict::welcome;
  std::array<std::uint8_t, 32> nonce{}; ///< nobody can foresee it; of hello and answer
  std::array<std::uint8_t, 32> proof{}; ///< of answer and proof, with a secret
};

using handshake_bytes = std::array<std::uint8_t, handshake_message::bytes>;

[[nodiscard]] handshake_bytes to_bytes(const handshake_message& word);
[[nodiscard]] handshake_message from_bytes(const handshake_bytes& bytes);

/// Whether the first `count` bytes can be the start of a word, of whatever version.
[[nodiscard]] bool is_message_prefix(const handshake_bytes& bytes, std::size_t count);

/// Who proves.
enum class handshake_role : std::uint8_t { server = 'a', client = 'd' };

/// What proves that `side` knows `secret`, in this one conversation: a keyed hash (HMAC-SHA-256) of
/// `hello`, of `answer` but for its proof, and of `place`. The two sides' proofs are different, so
/// neither can be answered with its own.
[[nodiscard]] std::array<std::uint8_t, 32>
make_proof(const std::string& secret, handshake_role side, const handshake_message& hello,
           const handshake_message& answer, const std::string& place);

/// Takes the same time wherever they differ.
[[nodiscard]] bool constant_time_equal(const std::array<std::uint8_t, 32>& left,
                                       const std::array<std::uint8_t, 32>& right);

} // namespace belfry
