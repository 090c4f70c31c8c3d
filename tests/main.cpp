// main() of every test program, for Catch2 2 and 3 alike: link it beside the tests.
// Compiled once per program; version 2 keeps the whole framework in this file.
#if defined(__GNUC__) && !defined(__clang__)
// g++ 12 sees uninitialised members in std::regex, which version 2 uses, when sanitizers are on.
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif

#define CATCH_CONFIG_RUNNER  // version 2 emits the framework here; version 3 ignores it
#include "tests/catch.hpp"

int main(int argument_count, char** arguments) {
  return Catch::Session().run(argument_count, arguments);
}
