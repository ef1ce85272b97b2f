belfry_room(os_system SOURCES system_clock.cpp entropy.cpp LINKS belfry_base)
