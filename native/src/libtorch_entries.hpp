/*
 * What libtorch_operators.inc declares, and how its results come. An entry may be missing in another libtorch, and is
 * NULL then. `make abi-check` compares all of it with the real headers.
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
/* The signature stands for a function's type, which a typedef lets be declared. */
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

/* A tensor as it is returned: its pointer, which a handle takes over. Its destructor makes it come by address. */
struct Returned {
    void *impl;
    ~Returned() {}
};

/* The types that results come as: of the same layout, without destructors of libtorch's. */
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
