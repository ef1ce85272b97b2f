#include "shard/snapshot_packer.hpp"

#include <catch2/catch.hpp>

using namespace belfry;

namespace {

event task(std::uint64_t serial, std::size_t payload_bytes = 10) {
  task_restored task;
  task.id = {serial};
  task.spec.kind = "wash";
  task.spec.payload = std::string(payload_bytes, 'x');
  return task;
}

} // namespace

TEST_CASE("the keys of a snapshot's objects say which part they hold", "[snapshot_packer]") {
  snapshot_packer snapshot;
  snapshot.begin(100);
  snapshot.add(snapshot_sink::metadata_part, serial_restored{7});
  snapshot.add(0, task(1));
  snapshot.add(0, task(2));
  snapshot.add(3, task(800));
  snapshot.end();
  const auto objects = snapshot.take(1 << 20);
  REQUIRE(objects.size() == 3);
  CHECK(objects[0].key == "h.00000000@0000000000000064");
  CHECK(objects[1].key == "p000000000000.0000@0000000000000064");
  CHECK(snapshot.keys({0, 3}).size() == 3);
  int count = 0;
  REQUIRE(wire::read_events(objects[1].bytes, [&](event) { ++count; }).ok());
  CHECK(count == 2);
}

TEST_CASE("a page with large payloads becomes several objects", "[snapshot_packer]") {
  snapshot_packer snapshot;
  snapshot.begin(1);
  for (std::uint64_t serial = 0; serial < 20; ++serial)
    snapshot.add(0, task(serial, 250'000));
  snapshot.end();
  const auto objects = snapshot.take(std::size_t{1} << 30);
  CHECK(objects.size() >= 10);
  for (const auto& object : objects)
    CHECK(object.bytes.size() <= object_bytes_max);
  CHECK(snapshot.keys({0}).size() == objects.size());
}

TEST_CASE("a page that did not change keeps its objects", "[snapshot_packer]") {
  snapshot_packer snapshot;
  snapshot.begin(10);
  snapshot.add(0, task(1));
  snapshot.add(1, task(300));
  snapshot.end();
  (void)snapshot.take(1 << 20);
  (void)snapshot.keys({0, 1});
  snapshot.begin(20);
  snapshot.add(1, task(301));
  snapshot.end();
  CHECK(snapshot.take(1 << 20).size() == 1);
  CHECK(snapshot.keys({0, 1}) == std::vector<std::string>{"p000000000000.0000@000000000000000a",
                                                          "p000000000001.0000@0000000000000014"});
}

TEST_CASE("the objects of a snapshot that was never committed are ignored", "[snapshot_packer]") {
  snapshot_packer snapshot;
  CHECK(snapshot.restore_object("p000000000000.0000@000000000000000a", 10));
  CHECK_FALSE(snapshot.restore_object("p000000000000.0000@000000000000000b", 10));
  CHECK_FALSE(snapshot.restore_object("nonsense", 10));
  snapshot.begin(20);
  CHECK(snapshot.keys({0}).size() == 1);
}

TEST_CASE("a snapshot is committed once, when its parts and the events before it are written",
          "[snapshot_packer]") {
  snapshot_packer snapshot;
  CHECK_FALSE(snapshot.is_in_progress());
  snapshot.begin(20);
  CHECK(snapshot.is_copying());
  CHECK_FALSE(snapshot.begin_commit(20));
  snapshot.end();
  CHECK_FALSE(snapshot.is_copying());
  CHECK_FALSE(snapshot.begin_commit(19));
  CHECK(snapshot.begin_commit(20));
  CHECK_FALSE(snapshot.begin_commit(21));
  CHECK(snapshot.is_in_progress());
  snapshot.finish();
  CHECK_FALSE(snapshot.is_in_progress());
}
