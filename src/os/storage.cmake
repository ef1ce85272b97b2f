# The journal on a real disk.
belfry_room(rocksdb_journal
  SOURCES data_directory.cpp durable_mark.cpp rocksdb_database.cpp rocksdb_engine.cpp
          rocksdb_journal.cpp rocksdb_keys.cpp rocksdb_load.cpp rocksdb_log.cpp
          rocksdb_reclaimer.cpp rocksdb_tail.cpp space_gauge.cpp
  LINKS belfry_journal RocksDB::rocksdb)
belfry_compile_apart(belfry_rocksdb_journal)

# The journal that the nodes of a cluster share.
belfry_room(postgres_journal
  SOURCES postgres_append.cpp postgres_caller.cpp postgres_connection.cpp postgres_engine.cpp
          postgres_journal.cpp postgres_membership.cpp
          postgres_report.cpp postgres_schema.cpp postgres_session.cpp
          postgres_values.cpp
  LINKS belfry_journal PostgreSQL::PostgreSQL)
