#include "client/blocking_client.hpp"
#include "client/client_codec.hpp"

#include "wire/codec.hpp"

#include <algorithm>
#include <utility>

namespace belfry {

namespace {

result<done> change_schedule(internal::blocking_client& client, const std::string& name,
                             wire::Request request, duration timeout) {
  request.mutable_change_schedule()->set_name(name);
  return client.ask_for_schedule(name, std::move(request), internal::deadline{timeout})
      .transform([](const auto&) {});
}

} // namespace

result<std::vector<schedule_info>> schedule_client::list(duration timeout) const {
  wire::Request request;
  request.mutable_schedules();
  const auto answers = client_->ask_all(request, internal::deadline{timeout});
  if (!answers)
    return answers.error();
  std::vector<schedule_info> schedules;
  for (const auto& answer : *answers)
    for (const auto& schedule : answer.schedules().schedules())
      schedules.push_back(client_codec::read(schedule));
  std::sort(schedules.begin(), schedules.end(),
            [](const auto& a, const auto& b) { return a.spec.name < b.spec.name; });
  return schedules;
}

result<done> schedule_client::put(const schedule_spec& spec, duration timeout) const {
  wire::Request request;
  wire::write(spec, *request.mutable_put_schedule());
  return client_->ask_for_schedule(spec.name, std::move(request), internal::deadline{timeout})
      .transform([](const auto&) {});
}

result<done> schedule_client::remove(const std::string& name, duration timeout) const {
  wire::Request request;
  request.mutable_remove_schedule()->set_name(name);
  return client_->ask_for_schedule(name, std::move(request), internal::deadline{timeout})
      .transform([](const auto&) {});
}

result<done> schedule_client::change(const std::string& name, const schedule_change& change,
                                     duration timeout) const {
  wire::Request request;
  wire::write(change, *request.mutable_change_schedule()->mutable_change());
  return change_schedule(*client_, name, std::move(request), timeout);
}

result<done> schedule_client::pause(const std::string& name, duration timeout) const {
  wire::Request request;
  request.mutable_change_schedule()->set_is_paused(true);
  return change_schedule(*client_, name, std::move(request), timeout);
}

result<done> schedule_client::resume(const std::string& name, duration timeout) const {
  wire::Request request;
  request.mutable_change_schedule()->set_is_paused(false);
  return change_schedule(*client_, name, std::move(request), timeout);
}

result<done> schedule_client::trigger(const std::string& name, duration timeout) const {
  wire::Request request;
  request.mutable_change_schedule()->set_is_triggered(true);
  return change_schedule(*client_, name, std::move(request), timeout);
}

} // namespace belfry
