/*
 * Compares each entry point of libtorch_operators.inc with libtorch's own headers: its signature, how its arguments
 * and its result are passed, and its name.
 */
#include <ATen/CompositeExplicitAutogradFunctions.h>
#include <ATen/Operators.h>

#include "mirrors.hpp"

namespace mirror {
#include "libtorch_entries.hpp"
}

template <typename Signature> struct Call;
template <typename R, typename... A> struct Call<R(A...)> {
    static constexpr bool samePassing =
        ::samePassing<typename mirror::ReturnedAs<R>::type, real<R>> && (::samePassing<A> && ...);
};

/* What an operator on two tensors becomes where the second is a number. */
template <typename Signature> struct WithNumber;
template <typename R, typename T, typename... A> struct WithNumber<R(T, const at::Tensor &, A...)> {
    using type = R(T, const at::Scalar &, A...);
};

template <typename Operator>
constexpr bool isNamed(std::string_view name, std::string_view overload) {
    return Operator::name == name && Operator::overload_name == overload;
}

#define SAME(entry, ...) static_assert(std::is_same_v<real<mirror::at::entry>, __VA_ARGS__>, "the signature of " #entry)
#define PASSED(entry) static_assert(Call<mirror::at::entry>::samePassing, "how " #entry " passes values")
#define NAMED(entry, name, overload) \
    static_assert(isNamed<at::_ops::entry>("aten::" name, overload), "the name of " #entry)

#define ENTRY(entry, name, overload) \
    SAME(_ops::entry::signature, decltype(at::_ops::entry::call)); \
    PASSED(_ops::entry::signature); \
    NAMED(entry, name, overload);
#define OPERATOR(function, ...) ENTRY(function, #function, "")
#define OVERLOAD(function, overload, ...) ENTRY(function##_##overload, #function, #overload)

/* One of several functions of the name has this signature. */
#define NUMBER(function, overload, ...) \
    static_assert(static_cast<real<mirror::at::compositeexplicitautograd::function##_##overload> *>( \
                      at::compositeexplicitautograd::function) != nullptr); \
    SAME(compositeexplicitautograd::function##_##overload, \
         WithNumber<decltype(at::_ops::function##_##overload::call)>::type); \
    PASSED(compositeexplicitautograd::function##_##overload); \
    NAMED(function##_##overload, #function, #overload);

#include "libtorch_operators.inc"
