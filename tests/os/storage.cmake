belfry_tests(storage
  SOURCES rocksdb_engine_test.cpp rocksdb_fixture.cpp rocksdb_journal_test.cpp rocksdb_tail_test.cpp
          space_gauge_test.cpp
  LINKS belfry_rocksdb_journal)

# They share a PostgreSQL server.
belfry_tests(shared_storage AT_ONCE
  SOURCES postgres_append_test.cpp postgres_engine_test.cpp postgres_failures_test.cpp
          postgres_fixture.cpp postgres_journal_test.cpp postgres_membership_test.cpp
          postgres_report_test.cpp
          postgres_values_test.cpp
  LINKS belfry_postgres_journal Threads::Threads)
target_compile_definitions(shared_storage_tests PRIVATE
  BELFRY_SOURCE_DIRECTORY="${PROJECT_SOURCE_DIR}")
