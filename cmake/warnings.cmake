# Every component compiles with these; a warning is an error.
add_library(belfry_warnings INTERFACE)
target_compile_options(belfry_warnings INTERFACE -Wall -Wextra -Wshadow -Wnon-virtual-dtor -Werror
  # GCC 12 warns of moved-from strings and optionals in its own headers (GCC bug 105562).
  -Wno-maybe-uninitialized
  # And of overlapping copies in "x" + string, with -O3 (GCC bug 105651).
  -Wno-restrict $<$<CONFIG:Release>:-Wno-stringop-overflow>
  # A user may link the libraries into a shared one. Programs compile so too: they share precompiled
  # headers with the libraries.
  -fPIC -fno-semantic-interposition)

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()

# Links a program of ours in half a second instead of several.
find_program(LLD ld.lld)
if(LLD)
  add_link_options(-fuse-ld=lld)
endif()

# Small files under large headers: compiled together they take a sixth of the time. Both presets do
# so; scripts/compile-alone shows that each file includes what it uses.
option(BELFRY_TOGETHER "compile the files of a target together" OFF)
set(CMAKE_UNITY_BUILD ${BELFRY_TOGETHER})
set(CMAKE_UNITY_BUILD_BATCH_SIZE 12)

# For targets whose files use the same names for different things of their own.
function(belfry_compile_apart)
  set_target_properties(${ARGN} PROPERTIES UNITY_BUILD OFF)
endfunction()

# CAF's headers cost seconds per file: the components that use actors read them once, precompiled.
function(belfry_use_actor_headers)
  foreach(target ${ARGN})
    if(target MATCHES "_tests$")
      target_precompile_headers(${target} REUSE_FROM belfry_actor_test_headers)
    else()
      target_precompile_headers(${target} REUSE_FROM belfry_system)
    endif()
  endforeach()
endfunction()
