#include <belfry/client.hpp>

extern "C" int submit_greeting(const char* host, unsigned short port) {
  auto client = belfry::client::connect(host, port);
  return client && (*client)->submit({.kind = "greet", .payload = "world"}).ok() ? 0 : 1;
}
