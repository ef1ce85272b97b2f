# Does what a user does: installs, configures a project of his own, builds it and runs it. (What
# belfry was compiled with, such as sanitizers, the user's programs must be linked with.)
function(run)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE result)
  if(NOT result EQUAL 0)
    message(FATAL_ERROR "failed (${result}): ${ARGN}")
  endif()
endfunction()

# Another run of the tests waits. (In a directory of its own it could not use the compiler cache.)
file(LOCK ${scratch}.lock GUARD PROCESS)
file(REMOVE_RECURSE ${scratch})
run(${CMAKE_COMMAND} --install ${build} --prefix ${scratch}/prefix)
run(${CMAKE_COMMAND} -G Ninja -S ${examples} -B ${scratch}/build
  -DCMAKE_PREFIX_PATH=${scratch}/prefix -DCMAKE_EXE_LINKER_FLAGS=${link_flags}
  -DCMAKE_CXX_COMPILER=${compiler} -DCMAKE_CXX_COMPILER_LAUNCHER=${launcher})
run(${CMAKE_COMMAND} --build ${scratch}/build)
# The examples keep their tasks in the system's temporary directory, under names of their own.
file(MAKE_DIRECTORY ${scratch}/tmp)
set(ENV{TMPDIR} ${scratch}/tmp)
set(ENV{BELFRY_HOME} ${scratch}/home)
run(${CMAKE_CTEST_COMMAND} --test-dir ${scratch}/build --output-on-failure --no-tests=error)

unset(ENV{TMPDIR})

# A program for one component of the package compiles with the flags of its own project alone. What
# a component does not need is hidden from it.
function(build_consumer component)
  set(binary ${scratch}/consumer/${component})
  set(hidden)
  if(NOT component STREQUAL "node")
    list(APPEND hidden -DCMAKE_DISABLE_FIND_PACKAGE_RocksDB=ON
      -DCMAKE_DISABLE_FIND_PACKAGE_PostgreSQL=ON)
  endif()
  if(component STREQUAL "client")
    list(APPEND hidden -DCMAKE_DISABLE_FIND_PACKAGE_nlohmann_json=ON)
  endif()
  run(${CMAKE_COMMAND} -G Ninja -S ${CMAKE_CURRENT_LIST_DIR}/consumer -B ${binary}
    -Dcomponent=${component} ${hidden}
    -DCMAKE_PREFIX_PATH=${scratch}/prefix -DCMAKE_EXE_LINKER_FLAGS=${link_flags}
    -DCMAKE_CXX_COMPILER=${compiler} -DCMAKE_CXX_COMPILER_LAUNCHER=${launcher})
  run(${CMAKE_COMMAND} --build ${binary})
  file(READ ${binary}/compile_commands.json commands)
  if(commands MATCHES "ONLY_C_LOCALE|USE_OS_TZDB|HAS_STRING_VIEW|postgresql|-fno-|-Werror")
    message(FATAL_ERROR "belfry's own flags reach a user's compiler: ${CMAKE_MATCH_0}")
  endif()
endfunction()

foreach(component client node testing)
  build_consumer(${component})
endforeach()
run(${scratch}/consumer/testing/consumer)
# The node prints its port, where the client finds it.
execute_process(COMMAND ${scratch}/consumer/node/consumer ${scratch}/tasks
  COMMAND ${scratch}/consumer/client/consumer RESULTS_VARIABLE results)
if(NOT results STREQUAL "0;0")
  message(FATAL_ERROR "the node and its client ended with the statuses ${results}")
endif()

# A component that does not exist is refused with the names of those that do.
execute_process(
  COMMAND ${CMAKE_COMMAND} -G Ninja -S ${CMAKE_CURRENT_LIST_DIR}/consumer
    -B ${scratch}/consumer/nothing -Dcomponent=clients
    -DCMAKE_PREFIX_PATH=${scratch}/prefix -DCMAKE_CXX_COMPILER=${compiler}
  RESULT_VARIABLE result OUTPUT_QUIET ERROR_VARIABLE complaint)
if(result EQUAL 0 OR NOT complaint MATCHES "no component[ \n]+'clients'")
  message(FATAL_ERROR "an unknown component is not refused: ${complaint}")
endif()
