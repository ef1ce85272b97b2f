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

# A plugin compiles with the flags of its own project alone.
run(${CMAKE_COMMAND} -G Ninja -S ${CMAKE_CURRENT_LIST_DIR}/consumer -B ${scratch}/consumer
  -DCMAKE_PREFIX_PATH=${scratch}/prefix
  -DCMAKE_CXX_COMPILER=${compiler} -DCMAKE_CXX_COMPILER_LAUNCHER=${launcher})
run(${CMAKE_COMMAND} --build ${scratch}/consumer)
file(READ ${scratch}/consumer/compile_commands.json commands)
if(commands MATCHES "ONLY_C_LOCALE|USE_OS_TZDB|HAS_STRING_VIEW|postgresql|-fno-|-Werror")
  message(FATAL_ERROR "belfry's own flags reach a user's compiler: ${CMAKE_MATCH_0}")
endif()
