// A list of runtimes, as types.
#pragma once

#include <cstddef>

namespace skein {

template <class... Runtimes>
struct runtime_list {
  static constexpr std::size_t size = sizeof...(Runtimes);

  /// Calls `visit.template operator()<Runtime>()` for each, in order.
  template <class Visit>
  static void for_each(Visit&& visit) {
    (visit.template operator()<Runtimes>(), ...);
  }
};

namespace detail {

template <class... Lists>
struct joined;
template <class... Runtimes>
struct joined<runtime_list<Runtimes...>> {
  using type = runtime_list<Runtimes...>;
};
template <class... Some, class... Others, class... Lists>
struct joined<runtime_list<Some...>, runtime_list<Others...>, Lists...>
    : joined<runtime_list<Some..., Others...>, Lists...> {};

}  // namespace detail

}  // namespace skein
