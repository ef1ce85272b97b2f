#pragma once

#include "os/link/handshake/link_handshake.hpp"

#include <memory>
#include <string>
#include <utility>

namespace belfry {

/// One side of a handshake as a sequence of stages. `Stage` is an enum of the side's stages; one of
/// them, `reject`, sends the peer why it is refused.
template <class Stage>
class staged_handshake : public link_handshake {
protected:
  staged_handshake(descriptor socket, std::shared_ptr<const transport_credentials> credentials,
                   Stage first)
      : link_handshake(std::move(socket), std::move(credentials)), stage_(first) {}

  [[nodiscard]] Stage current_stage() const { return stage_; }

  /// The result of `following()` if `result` ends the current stage; otherwise `result`.
  template <class Following>
  static step_result after(step_result result, Following following) {
    return result == step_result::next ? following() : result;
  }

  step_result next(Stage following) {
    stage_ = following;
    return step_result::next;
  }

  /// Fails after sending `verdict` to the peer.
  step_result reject(const handshake_message& verdict, std::string reason) {
    queue_message(verdict);
    rejection_ = std::move(reason);
    return next(Stage::reject);
  }

  /// The stage `reject`.
  step_result send_rejection() {
    return after(send_message(), [this] { return fail(rejection_); });
  }

private:
  Stage stage_;
  std::string rejection_;
};

} // namespace belfry
