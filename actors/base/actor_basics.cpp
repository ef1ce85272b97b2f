#include "base/actor_basics.hpp"

#include "belfry/actors/caf_error.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/atom.hpp>
#include <caf/message.hpp>

#include <exception>

namespace belfry {

namespace {

constexpr auto category = caf::atom("belfry");

/// CAF would keep the type of an exception and lose its text.
caf::error reason_of(const std::exception_ptr& thrown) {
  try {
    std::rethrow_exception(thrown);
  } catch (const std::exception& exception) {
    return quit_reason({errc::unavailable, exception.what()});
  } catch (...) {
    return quit_reason({errc::unavailable, "the exception is not a std::exception"});
  }
}

} // namespace

void install_default_handlers(caf::event_based_actor* self) {
  self->set_error_handler([](caf::error&) {});
  self->set_default_handler(caf::drop);
  self->set_down_handler([](caf::down_msg&) {});
  self->set_exception_handler([](std::exception_ptr& thrown) { return reason_of(thrown); });
}

caf::error quit_reason(const failure& reason) {
  return to_error(reason);
}

caf::error to_error(const failure& reason) {
  return {static_cast<std::uint8_t>(reason.code), category, caf::make_message(reason.what)};
}

failure to_failure(const caf::error& error) {
  if (error.category() != category || !error.context().match_elements<std::string>())
    return {errc::unavailable, ""};
  return {static_cast<errc>(error.code()), error.context().get_as<std::string>(0)};
}

bool is_permanent_failure(const caf::error& error) {
  if (!error || error.category() != category)
    return false;
  const auto code = static_cast<errc>(error.code());
  return code == errc::corrupt || code == errc::wrong_state;
}

failure failure_of(const caf::error& error, const caf::actor_system& system) {
  if (!error)
    return {errc::unavailable, "it ended without an error"};
  const auto code =
      error.category() == category ? static_cast<errc>(error.code()) : errc::unavailable;
  if (error.context().match_elements<std::string>())
    return {code, error.context().get_as<std::string>(0)};
  return {code, system.config().render(error)};
}

} // namespace belfry
