# How connections that have proved who they are reach CAF.
add_library(belfry_gate STATIC dial_log.cpp frame_limit.cpp link_gate.cpp link_scribe.cpp
  refusal_log.cpp)
target_link_libraries(belfry_gate PUBLIC belfry_system belfry_security)
belfry_use_actor_headers(belfry_gate)

# How clients and workers find the nodes of a cluster.
add_library(belfry_links STATIC cluster_links.cpp)
target_link_libraries(belfry_links PUBLIC belfry_system belfry_random)
belfry_use_actor_headers(belfry_links)

# The client: an actor, and a blocking face for programs without actors.
add_library(belfry_client STATIC client.cpp client_actor.cpp client_asks.cpp client_bulk.cpp
  client_inbox.cpp client_priorities.cpp client_requests.cpp client_submits.cpp
  client_transport.cpp client_words.cpp)
target_link_libraries(belfry_client PUBLIC belfry_links belfry_gate PRIVATE belfry_os_system)
belfry_use_actor_headers(belfry_client)
