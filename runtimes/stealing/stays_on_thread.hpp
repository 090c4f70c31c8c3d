// What a task that changes threads must not be given: a value that may be used by one thread only.
// A compiler sees what a task is made of and refuses what says that it stays. It does not see what
// a local variable is, nor what is referred to further on.
#pragma once

#include <mutex>
#include <type_traits>

namespace skein::stealing {

/// Not to be used by a task that changes threads: a type says so by a member type of this name.
template <class T>
inline constexpr bool stays_on_thread = requires { typename T::stays_on_thread; };
/// Who has locked a std::mutex unlocks it.
template <class Mutex>
inline constexpr bool stays_on_thread<std::lock_guard<Mutex>> = true;
template <class Mutex>
inline constexpr bool stays_on_thread<std::unique_lock<Mutex>> = true;
template <class... Mutexes>
inline constexpr bool stays_on_thread<std::scoped_lock<Mutexes...>> = true;

/// May be what a task that changes threads is given, as declared.
template <class Parameter>
concept may_change_threads =
    !stays_on_thread<std::remove_cv_t<std::remove_pointer_t<std::remove_cvref_t<Parameter>>>>;

}  // namespace skein::stealing
