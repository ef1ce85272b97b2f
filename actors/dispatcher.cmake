# Sources are listed by hand.
# The dispatcher: brings ready tasks and workers together.
add_library(belfry_dispatcher STATIC cluster_board.cpp
  dispatcher.cpp dispatcher_roster.cpp dispatcher_state.cpp)
target_link_libraries(belfry_dispatcher PUBLIC belfry_system belfry_dispatch belfry_placement)
belfry_use_actor_headers(belfry_dispatcher)
