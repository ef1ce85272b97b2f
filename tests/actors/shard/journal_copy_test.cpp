// How a journal keeper answers a client that wants a copy of the journal.
#include "shard/journal_keeper.hpp"

#include "base/local_messages.hpp"
#include "belfry/actors/protocol.hpp"
#include "support/actor_fixture.hpp"
#include "support/captured_log.hpp"

#include "journal/memory_disk.hpp"
#include "journal/memory_journal.hpp"
#include "wire/envelope.hpp"

#include <catch2/catch.hpp>

#include <memory>
#include <string>
#include <vector>

using namespace belfry;

namespace {

/// Notes where it was copied to, and fails as long as it is told to.
class copied_journal : public memory_journal {
public:
  using memory_journal::memory_journal;

  result<journal_copy> copy_to(const std::string& directory) override {
    directories.push_back(directory);
    if (is_failing)
      return failure{errc::storage, directory + ": broken"};
    return journal_copy{.bytes = 4'096, .shards = 2};
  }

  std::vector<std::string> directories;
  bool is_failing = false;
};

struct copy_keeper_fixture : test::actor_fixture {
  copy_keeper_fixture() {
    adopt(client.actor());
    adopt(other_client.actor());
  }
  ~copy_keeper_fixture() { kill_owned(); }

  /// The answer to the client.
  wire::Response ask(test::probe& asking, std::uint64_t correlation) {
    caf::anon_send(subject, copy_journal{asking.actor(), correlation, "/backup",
                                         instant_of_ms(1'795'996'800'000)});
    run();
    wire::Response answer;
    REQUIRE(asking.received().size() == 1);
    REQUIRE(wire::open(asking.received()[0].get_as<envelope>(1).bytes, answer));
    asking.received().clear();
    return answer;
  }

  test::captured_log log;
  std::shared_ptr<copied_journal> kept =
      std::make_shared<copied_journal>(std::make_shared<memory_disk>());
  test::probe client{system};
  test::probe other_client{system};
  caf::actor subject =
      adopt(system.spawn(journal_keeper, [kept = kept]() -> result<std::shared_ptr<journal>> {
        return std::shared_ptr<journal>{kept};
      }));
};

} // namespace

TEST_CASE_METHOD(copy_keeper_fixture, "a client learns what the copy of the journal holds",
                 "[keeper]") {
  const auto answer = ask(client, 7);
  CHECK(answer.correlation() == 7);
  CHECK(answer.backup().taken_ms() == 1'795'996'800'000);
  CHECK(answer.backup().bytes() == 4'096);
  CHECK(answer.backup().shards() == 2);
  CHECK(log.text() == "journal.copied directory=/backup bytes=4096 shards=2\n");
}

TEST_CASE_METHOD(copy_keeper_fixture, "a request that is repeated makes no second copy",
                 "[keeper]") {
  (void)ask(client, 7);
  CHECK(ask(client, 7).backup().bytes() == 4'096);
  CHECK(kept->directories.size() == 1);
  (void)ask(client, 8);
  (void)ask(other_client, 8);
  CHECK(kept->directories.size() == 3);
}

TEST_CASE_METHOD(copy_keeper_fixture, "a copy that failed is told, and tried again", "[keeper]") {
  kept->is_failing = true;
  const auto failed = ask(client, 7);
  CHECK(failed.failure().what() == "/backup: broken");
  CHECK(log.text().find("journal.copy_failed reason=\"/backup: broken\"") == 0);
  kept->is_failing = false;
  CHECK(ask(client, 7).has_backup());
}

TEST_CASE("a storage without copies says what to do instead", "[keeper]") {
  memory_journal plain{std::make_shared<memory_disk>()};
  const auto refused = plain.copy_to("/backup");
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().code == errc::wrong_state);
  CHECK(refused.error().what.find("pg_dump") != std::string::npos);
}
