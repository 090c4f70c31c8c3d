// What may be co_awaited, and what may be a parameter of a task; the compiler checks both.
//
// g++ 12 has a bug (reproduced; clang does not have it). Inside a full expression that contains a
// co_await it destroys some temporaries twice: aggregates and closures that have members with
// destructors. No constructor of such a class is called, so the compiler copies the object into the
// frame member by member and then forgets the copy. Three rules exclude all such objects:
//   1. An awaiter is trivially destructible, or of a class with a user-declared constructor.
//   2. So is a task's parameter, unless it is a reference.
//   3. A task is no lambda. One that captures nothing would do no harm, but where its body is
//      compiled it is not yet known what a closure holds.
//
// The checks are placed where they cost nothing: rule 1 where a scheduler is checked against its
// concept, rules 2 and 3 in std::coroutine_traits. A promise's await_transform would see every
// awaiter, but g++ 12 gives it a slot in each frame (128 -> 136 B for a sleep, 160 -> 184 for an
// echo).
//
// Leaves out temporaries that are neither awaiter nor parameter and are passed to an ordinary
// function inside a co_await expression: scripts/skein_scripts/checks/coroutine_lint.py finds those
// in the source.
#pragma once

#include <type_traits>

namespace skein::coroutine {

namespace detail {

/// The class has a call operator that is not a template: it is a closure or looks like one.
template <class T>
concept callable_class = std::is_class_v<T> && requires { &T::operator(); };

template <class T>
concept complete = requires { sizeof(T); };

template <class... Parameters>
struct begins_with_closure : std::false_type {};

/// While a lambda's body is compiled its closure is an incomplete class. No other class is
/// incomplete where a function with a parameter of it, or a member function of it, is compiled,
/// unless the class was only declared.
template <class First, class... Rest>
struct begins_with_closure<First, Rest...>
    : std::bool_constant<std::is_reference_v<First> &&
                         std::is_class_v<std::remove_cvref_t<First>> &&
                         !complete<std::remove_cvref_t<First>>> {};

}  // namespace detail

/// May live in a frame as a temporary (rule 1).
template <class T>
concept safe_temporary =
    std::is_trivially_destructible_v<T> || (!std::is_aggregate_v<T> && !detail::callable_class<T>);

/// May be co_awaited (rule 1).
template <class Awaiter>
concept safe_awaiter = safe_temporary<std::remove_cvref_t<Awaiter>>;

/// May be a parameter of a task, as declared (rule 2).
template <class Parameter>
concept safe_parameter = std::is_reference_v<Parameter> || safe_temporary<Parameter>;

/// A coroutine with these parameters, as std::coroutine_traits sees them, is no lambda (rule 3).
template <class... Parameters>
concept no_lambda = !detail::begins_with_closure<Parameters...>::value;

}  // namespace skein::coroutine
