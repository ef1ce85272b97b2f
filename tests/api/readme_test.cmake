# Compiles the C++ blocks of the README as a user would: each alone, in a function of its own, below
# the includes that it names, with warnings as errors.
file(LOCK ${scratch}.lock GUARD PROCESS) # Another run of the tests waits.
file(READ ${readme} text)
string(REPLACE ";" "@SEMICOLON@" text "${text}") # It would separate list elements.
string(REPLACE "[" "@OPEN@" text "${text}")
string(REPLACE "]" "@CLOSE@" text "${text}")
string(REGEX MATCHALL "```cpp\n([^`]*)```" blocks "${text}")
list(LENGTH blocks count)
if(count EQUAL 0)
  message(FATAL_ERROR "${readme} has no C++ block")
endif()
set(number 0)
foreach(block ${blocks})
  math(EXPR number "${number} + 1")
  string(REGEX REPLACE "^```cpp\n|```$" "" block "${block}")
  string(REGEX MATCHALL "#include [^\n]*\n" includes "${block}")
  string(REGEX REPLACE "#include [^\n]*\n" "" body "${block}")
  string(REPLACE ";" "" includes "${includes}")
  set(source "${includes}\nint main() {\n${body}}\n")
  string(REPLACE "@SEMICOLON@" ";" source "${source}")
  string(REPLACE "@OPEN@" "[" source "${source}")
  string(REPLACE "@CLOSE@" "]" source "${source}")
  set(file ${scratch}/readme_${number}.cpp)
  file(WRITE ${file} "${source}")
  execute_process(
    COMMAND ${compiler} -std=c++20 -fsyntax-only -Wall -Wextra -Werror -I${include} ${file}
    RESULT_VARIABLE result)
  if(NOT result EQUAL 0)
    message(FATAL_ERROR "block ${number} of ${readme} does not compile: ${file}")
  endif()
endforeach()
