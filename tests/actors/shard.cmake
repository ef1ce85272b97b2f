belfry_tests(shard SOURCES shard_test.cpp shard_overload_test.cpp shard_recovery_test.cpp
  shard_runs_test.cpp shard_snapshot_test.cpp LINKS belfry_shard)
belfry_use_actor_headers(shard_tests)
