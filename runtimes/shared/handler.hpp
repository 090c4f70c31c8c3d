// A completion handler: a member function named at compile time, and its object. Two words, no
// closure, no allocation; a call costs one indirect call. Runtimes of the callback style store
// these for whoever waits.
#pragma once

namespace skein {

template <class... Arguments>
struct handler {
  /// Must not throw (S5): a library's C frames may lie between the handler and any catch.
  using function = void (*)(void* object, Arguments... arguments) noexcept;

  function call = nullptr;
  void* object = nullptr;

  template <auto Member, class Object>
  static handler to(Object* object) noexcept {
    return {[](void* target, Arguments... arguments) noexcept {
              (static_cast<Object*>(target)->*Member)(arguments...);
            },
            object};
  }

  explicit operator bool() const noexcept { return call != nullptr; }
  void operator()(Arguments... arguments) const noexcept { call(object, arguments...); }
};

}  // namespace skein
