# `cmake --install` for programs that say find_package(belfry): belfry::client, belfry::node and
# belfry::testing. The libraries and headers say themselves that they are installed. Of the two
# components, `program` is what runs belfry, and `development` what programs are built with.
include(CMakePackageConfigHelpers)
set(package_directory ${CMAKE_INSTALL_LIBDIR}/cmake/belfry)
install(EXPORT belfryTargets NAMESPACE belfry:: DESTINATION ${package_directory}
  COMPONENT development)
configure_package_config_file(cmake/belfryConfig.cmake.in belfryConfig.cmake
  INSTALL_DESTINATION ${package_directory})
write_basic_package_version_file(belfryConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES cmake/caf.cmake ${PROJECT_BINARY_DIR}/belfryConfig.cmake
  ${PROJECT_BINARY_DIR}/belfryConfigVersion.cmake DESTINATION ${package_directory}
  COMPONENT development)
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT development)

# All that is installed, and nothing else.
get_property(libraries GLOBAL PROPERTY belfry_installed)
add_custom_target(installed)
add_dependencies(installed belfry belfry-sim ${libraries})
