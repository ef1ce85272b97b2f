belfry_tests(storage
  SOURCES rocksdb_engine_test.cpp rocksdb_fixture.cpp rocksdb_journal_test.cpp rocksdb_tail_test.cpp
          space_gauge_test.cpp
  LINKS belfry_rocksdb_journal)
