# A shard and the keeper of its journal.
add_library(belfry_shard STATIC journal_keeper.cpp shard.cpp shard_clients.cpp shard_recovery.cpp
                                shard_runs.cpp shard_snapshot.cpp shard_state.cpp)
target_link_libraries(belfry_shard PUBLIC belfry_system belfry_journal belfry_task)
belfry_use_actor_headers(belfry_shard)
