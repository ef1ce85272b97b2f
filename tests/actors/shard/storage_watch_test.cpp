#include "shard/storage_watch.hpp"

#include "support/captured_log.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace belfry;

namespace {

struct watch_fixture {
  static constexpr auto read = storage_watch::call::read;
  static constexpr auto write = storage_watch::call::write;

  test::captured_log log;
  storage_watch watch;

  bool refuse(storage_code code, const std::string& text) {
    return watch.on_answer(write, {code, text});
  }
  bool accept(storage_watch::call kind = write) { return watch.on_answer(kind, {}); }
};

} // namespace

TEST_CASE_METHOD(watch_fixture, "a disk that fills up is logged when that begins and when it ends",
                 "[storage_watch]") {
  CHECK_FALSE(accept());
  CHECK_FALSE(watch.on_space(true));
  CHECK(watch.text().empty());

  CHECK(watch.on_space(false));
  CHECK(watch.text().find("nearly full") != std::string::npos);
  CHECK(watch.is_short_of_space());
  for (int i = 0; i < 3; ++i) { // A small batch may still fit.
    refuse(storage_code::no_space, "/data: the disk is full");
    CHECK(watch.text() == "/data: the disk is full");
    watch.on_space(false);
    accept();
    watch.on_space(false);
  }
  CHECK(watch.on_space(true));
  CHECK(watch.text().empty());
  CHECK_FALSE(watch.is_short_of_space());

  CHECK(log.text() == "journal.nearly_full reason=\"the disk is nearly full: new tasks are "
                      "refused\"\n"
                      "journal.full reason=\"/data: the disk is full\"\n"
                      "journal.available\n");
}

TEST_CASE_METHOD(watch_fixture, "only a write shows that a full disk is not full any more",
                 "[storage_watch]") {
  refuse(storage_code::no_space, "full");
  CHECK_FALSE(watch.on_space(true)); // A database knows only after the next write.
  CHECK_FALSE(accept(read));
  CHECK(watch.text() == "full");
  CHECK(accept(write));
  CHECK(watch.on_space(true));
  CHECK(watch.text().empty());
  CHECK(log.lines() == 2);
}

TEST_CASE_METHOD(watch_fixture, "an outage is logged when it begins and when any answer ends it",
                 "[storage_watch]") {
  CHECK(refuse(storage_code::unavailable, "no connection"));
  CHECK_FALSE(refuse(storage_code::unavailable, "still no connection"));
  CHECK(watch.text() == "no connection");
  CHECK_FALSE(watch.is_short_of_space());
  CHECK(accept(read));
  CHECK(log.text() == "journal.unavailable reason=\"no connection\"\njournal.available\n");
}

TEST_CASE_METHOD(watch_fixture, "the begin of a trouble is an error, its end is information",
                 "[storage_watch]") {
  const test::captured_log levels{"%l %v"};
  for (const auto code : {storage_code::unavailable, storage_code::no_space}) {
    refuse(code, "down");
    accept();
    watch.on_space(true);
  }
  watch.on_space(false);
  watch.on_space(true);
  CHECK(levels.text() ==
        "error journal.unavailable reason=down\n"
        "info journal.available\n"
        "error journal.full reason=down\n"
        "info journal.available\n"
        "error journal.nearly_full reason=\"the disk is nearly full: new tasks are "
        "refused\"\n"
        "info journal.available\n");
}

TEST_CASE_METHOD(watch_fixture, "an answer about one shard says nothing about the storage",
                 "[storage_watch]") {
  for (const auto code : {storage_code::fenced, storage_code::in_doubt, storage_code::corrupt})
    CHECK_FALSE(refuse(code, "of shard 0"));
  CHECK(watch.text().empty());
  CHECK(log.lines() == 0);
}
