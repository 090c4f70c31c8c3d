// A completion handler: a member function named at compile time, and its object. Two words, no
// closure, no allocation; calling one costs one indirect call. What runtimes of the callback style
// keep of whoever waits.
#pragma once

namespace skein {

template <class... Arguments>
struct handler {
  /// Must not throw (S5): between it and whoever could catch may be a library's C frames.
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
