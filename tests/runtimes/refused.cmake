# Code that must not compile, each for the reason its test names; and one that must.
# Include from tests/CMakeLists.txt.
function(skein_compile_test name source)
  cmake_parse_arguments(arg "" "SAYS" "" ${ARGN})
  add_test(NAME compile_tests/${name}
    COMMAND ${CMAKE_CXX_COMPILER} -std=c++20 -fsyntax-only -I${CMAKE_SOURCE_DIR}
            ${CMAKE_CURRENT_SOURCE_DIR}/runtimes/refused/${source})
  if(arg_SAYS)
    # CTest then looks at the text and not at the status: the message is the reason.
    set_tests_properties(compile_tests/${name} PROPERTIES PASS_REGULAR_EXPRESSION "${arg_SAYS}")
  endif()
endfunction()

skein_compile_test("a task that is a lambda is refused" capturing_lambda.cpp
  SAYS "a task is a function and no lambda")
skein_compile_test("an aggregate with destructors is refused as a task's parameter"
  aggregate_parameter.cpp SAYS "a task's parameter is a reference")
skein_compile_test("a closure with destructors is refused as a task's parameter"
  closure_parameter.cpp SAYS "a task's parameter is a reference")
skein_compile_test("references, trivial types, classes with constructors and member functions are accepted"
  accepted.cpp)
skein_compile_test("moving a future is refused" moved_future.cpp
  SAYS "deleted function|deleted constructor|deleted copy constructor")
skein_compile_test("a task of a future that can be moved is refused" movable_future.cpp
  SAYS "a task is made of a future, which cannot be moved")
skein_compile_test("a lock of one thread is refused as a parameter of a task that changes threads"
  staying_parameter.cpp SAYS "a parameter that stays on its thread")
skein_compile_test("a held std::mutex is refused as a parameter of a task that changes threads"
  staying_lock.cpp SAYS "a parameter that stays on its thread")
skein_compile_test("scopes and atomic counts are accepted as parameters of a task that changes threads"
  accepted_stealing.cpp)
skein_compile_test("a lock of one thread is refused as a part of a future that changes threads"
  staying_part.cpp SAYS "a part that stays on its thread")
