belfry_room(os_system SOURCES system_clock.cpp entropy.cpp process.cpp workload_file.cpp
  LINKS belfry_base)
