# The client: an actor, and a blocking face for programs without actors.
add_library(belfry_client STATIC client_actor.cpp client_inbox.cpp client_requests.cpp
                                 client_submits.cpp)
target_link_libraries(belfry_client PUBLIC belfry_system belfry_random)
belfry_use_actor_headers(belfry_client)
