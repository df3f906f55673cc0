/*
 * Compares the table of operator entries with libtorch's own headers. A line of the table is
 * OPERATOR(add_Tensor, Tensor(const Tensor &, const Tensor &, const Scalar &)): the struct in at::_ops, and
 * the type of its call. There, std is an operator: the standard library's names start with ::std.
 */
#include <type_traits>

#include <ATen/Operators.h>

#if __has_include("libtorch_operators.inc")
namespace at::_ops {
#define OPERATOR(name, ...) static_assert(::std::is_same_v<decltype(name::call), __VA_ARGS__>, #name);
#include "libtorch_operators.inc"
#undef OPERATOR
}  // namespace at::_ops
#endif
