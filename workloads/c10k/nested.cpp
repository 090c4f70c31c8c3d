#include "workloads/c10k/nested.hpp"

namespace skein::c10k {

std::unique_ptr<workloads::program> make_nested(std::string_view runtime, const parameters& asked) {
  for (auto* const make :
       {make_nested_direct, make_nested_coroutine, make_nested_callback, make_nested_poll}) {
    if (auto made = make(runtime, asked)) return made;
  }
  throw workloads::no_levels(runtime, asked.nested);
}

}  // namespace skein::c10k
