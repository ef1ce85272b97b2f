# `cmake --install` for programs that say find_package(belfry): belfry::client, belfry::node and
# belfry::testing. The libraries and headers say themselves that they are installed.
include(CMakePackageConfigHelpers)
set(package_directory ${CMAKE_INSTALL_LIBDIR}/cmake/belfry)
install(EXPORT belfryTargets NAMESPACE belfry:: DESTINATION ${package_directory})
configure_package_config_file(cmake/belfryConfig.cmake.in belfryConfig.cmake
  INSTALL_DESTINATION ${package_directory})
write_basic_package_version_file(belfryConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES cmake/caf.cmake ${PROJECT_BINARY_DIR}/belfryConfig.cmake
  ${PROJECT_BINARY_DIR}/belfryConfigVersion.cmake DESTINATION ${package_directory})
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
