# Debian ships no CMake package for CAF: makes the targets caf::core and caf::io.
if(NOT TARGET caf::io)
  find_path(CAF_INCLUDE_DIR caf/all.hpp REQUIRED)
  foreach(part core io)
    find_library(CAF_${part}_LIBRARY caf_${part} REQUIRED)
    add_library(caf::${part} UNKNOWN IMPORTED)
    set_target_properties(caf::${part} PROPERTIES
      IMPORTED_LOCATION ${CAF_${part}_LIBRARY}
      INTERFACE_INCLUDE_DIRECTORIES ${CAF_INCLUDE_DIR})
  endforeach()
  target_link_libraries(caf::core INTERFACE Threads::Threads)
  target_link_libraries(caf::io INTERFACE caf::core)
  file(STRINGS ${CAF_INCLUDE_DIR}/caf/config.hpp caf_version REGEX "define CAF_VERSION ")
  if(NOT caf_version MATCHES "1706")
    message(FATAL_ERROR "belfry needs CAF 0.17.6 (CAF_VERSION 1706), found: ${caf_version}")
  endif()
endif()
