/* The mirrors of libtorch_types.hpp, in a namespace of their own, and their translation to the real types. */
#ifndef TFFM_TEST_ABI_MIRRORS_HPP
#define TFFM_TEST_ABI_MIRRORS_HPP

#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <vector>

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Parallel.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/function.h>
#include <torch/csrc/autograd/variable.h>

namespace mirror {
#include "libtorch_types.hpp"
}

template <typename T> struct Real { using type = T; };
template <typename T> using real = typename Real<T>::type;
template <> struct Real<mirror::at::Tensor> { using type = at::Tensor; };
template <> struct Real<mirror::at::TensorBase> { using type = at::TensorBase; };
template <> struct Real<mirror::at::Generator> { using type = at::Generator; };
template <> struct Real<mirror::at::CPUGeneratorImpl> { using type = at::CPUGeneratorImpl; };
template <> struct Real<mirror::torch::autograd::Node> { using type = torch::autograd::Node; };
template <> struct Real<mirror::c10::AutogradState> { using type = c10::AutogradState; };
template <> struct Real<mirror::c10::Error> { using type = c10::Error; };
template <> struct Real<mirror::c10::Scalar> { using type = c10::Scalar; };
template <> struct Real<mirror::c10::ScalarType> { using type = c10::ScalarType; };
template <> struct Real<mirror::c10::Layout> { using type = c10::Layout; };
template <> struct Real<mirror::c10::MemoryFormat> { using type = c10::MemoryFormat; };
template <> struct Real<mirror::c10::Device> { using type = c10::Device; };
template <> struct Real<mirror::c10::SymInt> { using type = c10::SymInt; };
template <> struct Real<mirror::c10::TensorImpl> { using type = c10::TensorImpl; };
template <> struct Real<mirror::c10::FunctionSchema> { using type = c10::FunctionSchema; };
template <> struct Real<mirror::c10::OperatorName> { using type = c10::OperatorName; };
template <> struct Real<mirror::c10::OperatorHandle> { using type = c10::OperatorHandle; };
template <> struct Real<mirror::c10::Dispatcher> { using type = c10::Dispatcher; };
template <typename T> struct Real<mirror::c10::intrusive_ptr<T>> { using type = c10::intrusive_ptr<real<T>>; };
template <typename T> struct Real<mirror::c10::ArrayRef<T>> { using type = c10::ArrayRef<real<T>>; };
template <typename T> struct Real<mirror::c10::OptionalArrayRef<T>> { using type = c10::OptionalArrayRef<real<T>>; };
template <typename T> struct Real<const T> { using type = const real<T>; };
template <typename T> struct Real<T &> { using type = real<T> &; };
template <typename T> struct Real<std::optional<T>> { using type = std::optional<real<T>>; };
template <typename T> struct Real<std::vector<T>> { using type = std::vector<real<T>>; };
template <typename T> struct Real<std::function<T>> { using type = std::function<real<T>>; };
template <typename... T> struct Real<std::tuple<T...>> { using type = std::tuple<real<T>...>; };
template <typename R, typename... A> struct Real<R(A...)> { using type = real<R>(real<A>...); };
template <typename R, typename... A> struct Real<R (*)(A...)> { using type = real<R> (*)(real<A>...); };
template <typename R, typename C, typename... A> struct Real<R (C::*)(A...)> {
    using type = real<R> (real<C>::*)(real<A>...);
};
template <typename R, typename C, typename... A> struct Real<R (C::*)(A...) const> {
    using type = real<R> (real<C>::*)(real<A>...) const;
};

/* What decides whether a value is passed and returned in registers or in memory. */
template <typename T>
constexpr bool inRegisters = std::is_trivially_copy_constructible_v<T> && std::is_trivially_move_constructible_v<T> &&
                             std::is_trivially_destructible_v<T>;

template <typename M, typename T = real<M>>
constexpr bool sameSize = sizeof(M) == sizeof(T) && alignof(M) == alignof(T);

/* Whether a mirror is passed and returned as the real type is; of a reference, its address is. */
template <typename M, typename T = real<M>>
constexpr bool samePassing = sameSize<M, T> && (std::is_reference_v<M> || inRegisters<M> == inRegisters<T>);
template <>
inline constexpr bool samePassing<void, void> = true;

#endif
