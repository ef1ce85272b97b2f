#include "cli/backup/exported_key.hpp"

#include <catch2/catch.hpp>

using namespace belfry;
using namespace belfry::shell;
using namespace std::chrono_literals;

TEST_CASE("the key of an exported task names it and when it was accepted", "[cli]") {
  const exported_task task{task_id::of({3}, 8'053'046'902'785), instant_of_ms(1'795'996'800'000)};
  const auto key = exported_key(task);
  CHECK(key == "exported-3-8053046902785-1795996800000");
  CHECK(parse_exported_key(key) == task);
  for (const auto* other : {"", "exported-", "exported-3", "exported-3-5", "exported-3-5-",
                            "exported-3-5-x", "exported-3-5-07", "order-3-5-7", "exported--5-7"}) {
    INFO(other);
    CHECK_FALSE(parse_exported_key(other).has_value());
  }
}

TEST_CASE("the key of an exported task lives until a week after it is due", "[cli]") {
  const auto now = instant_of_ms(1'795'996'800'000);
  CHECK(exported_key_ttl(now - 1h, now) == 7 * 24h);
  CHECK(exported_key_ttl(now + 24h, now) == 8 * 24h);
  CHECK(exported_key_ttl(now + 3'660 * 24h, now) == 3'660 * 24h);
}
