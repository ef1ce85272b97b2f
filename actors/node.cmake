# The parts of a node, for production and simulation alike.
add_library(belfry_assembly STATIC cluster_keeper.cpp cluster_keeper_state.cpp
  gateway.cpp node_assembly.cpp node_hints.cpp outbox.cpp outbox_book.cpp outbox_state.cpp
  supervisor.cpp)
target_link_libraries(belfry_assembly PUBLIC belfry_system belfry_supervision belfry_shard
                                             belfry_dispatcher belfry_placement belfry_client
                                      PRIVATE belfry_random)
belfry_use_actor_headers(belfry_assembly)

# A node of this process, on a real disk and network.
add_library(belfry_node STATIC life_signs.cpp node.cpp node_checks.cpp node_parts.cpp
  node_storage.cpp)
target_link_libraries(belfry_node PUBLIC belfry_assembly belfry_worker belfry_client belfry_gate
  belfry_os_system belfry_rocksdb_journal belfry_postgres_journal belfry_running)
belfry_use_actor_headers(belfry_node)
