# `cmake --install` builds first what it installs, as `make install` does: scripts/demo, for
# example, has built less than that. Included before all else that is installed: it must come
# first.
install(CODE "
  if(CMAKE_INSTALL_COMPONENT STREQUAL \"program\")
    set(belfry_target belfry)
  else()
    set(belfry_target installed)
  endif()
  execute_process(
    COMMAND \"${CMAKE_COMMAND}\" --build \"${PROJECT_BINARY_DIR}\" --target \${belfry_target}
    COMMAND_ERROR_IS_FATAL ANY)" ALL_COMPONENTS)
