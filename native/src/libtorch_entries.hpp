/*
 * The entry points that libtorch_operators.inc lists, and the types of their results. An entry point that another
 * libtorch lacks is NULL. `make abi-check` compares all of them with the real headers.
 */
#ifndef TFFM_LIBTORCH_ENTRIES_HPP
#define TFFM_LIBTORCH_ENTRIES_HPP

#include <optional>
#include <string_view>
#include <tuple>
#include <vector>

#include "libtorch_types.hpp"

namespace at {

using c10::ArrayRef;
using c10::Device;
using c10::Layout;
using c10::MemoryFormat;
using c10::OptionalArrayRef;
using c10::Scalar;
using c10::ScalarType;
using c10::SymInt;
using std::optional;
using std::string_view;
using std::tuple;
using std::vector;

#define WEAK __attribute__((weak))
/* The signature is a function's type; a typedef of it can declare the function. */
#define OPERATOR(name, ...) \
    namespace _ops { struct name { using signature = __VA_ARGS__; static signature call WEAK; }; }
#define OVERLOAD(name, overload, ...) OPERATOR(name##_##overload, __VA_ARGS__)
#define NUMBER(name, overload, ...) \
    namespace compositeexplicitautograd { using name##_##overload = __VA_ARGS__; WEAK name##_##overload name; }
#include "libtorch_operators.inc"
#undef OPERATOR
#undef OVERLOAD
#undef NUMBER
#undef WEAK

}  // namespace at

/* A returned tensor: its pointer, which a handle takes over. The destructor makes it be returned by address. */
struct Returned {
    void *impl;
    ~Returned() {}
};

/* The types of results: the same layouts as libtorch's, without its destructors. */
template <typename R>
struct ReturnedAs {
    using type = R;
};
template <>
struct ReturnedAs<at::Tensor> {
    using type = Returned;
};
template <typename... T>
struct ReturnedAs<std::tuple<T...>> {
    using type = std::tuple<typename ReturnedAs<T>::type...>;
};
template <>
struct ReturnedAs<std::vector<at::Tensor>> {
    using type = std::vector<Returned>;
};

#endif
