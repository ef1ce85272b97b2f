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

/// CAF would keep the type of what was thrown and lose its words.
caf::error reason_of(const std::exception_ptr& thrown) {
  try {
    std::rethrow_exception(thrown);
  } catch (const std::exception& known) {
    return quit_reason({errc::unavailable, known.what()});
  } catch (...) {
    return quit_reason({errc::unavailable, "something that is no std::exception was thrown"});
  }
}

} // namespace

void install_default_handlers(caf::event_based_actor* self) {
  self->set_error_handler([](caf::error&) {});
  self->set_default_handler(caf::drop);
  self->set_down_handler([](caf::down_msg&) {});
  self->set_exception_handler([](std::exception_ptr& thrown) { return reason_of(thrown); });
}

caf::error quit_reason(const failure& why) {
  return to_error(why);
}

caf::error to_error(const failure& why) {
  return {static_cast<std::uint8_t>(why.code), category, caf::make_message(why.what)};
}

failure to_failure(const caf::error& why) {
  if (why.category() != category || !why.context().match_elements<std::string>())
    return {errc::unavailable, ""};
  return {static_cast<errc>(why.code()), why.context().get_as<std::string>(0)};
}

bool is_permanent_failure(const caf::error& why) {
  if (!why || why.category() != category)
    return false;
  const auto code = static_cast<errc>(why.code());
  return code == errc::corrupt || code == errc::wrong_state;
}

failure failure_of(const caf::error& why, const caf::actor_system& system) {
  if (!why)
    return {errc::unavailable, "it ended by itself"};
  const auto code = why.category() == category ? static_cast<errc>(why.code()) : errc::unavailable;
  if (why.context().match_elements<std::string>())
    return {code, why.context().get_as<std::string>(0)};
  return {code, system.config().render(why)};
}

} // namespace belfry
