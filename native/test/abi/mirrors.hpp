/* The mirrors of libtorch_cxx.hpp, in a namespace of their own, and their translation to the real types. */
#ifndef TFFM_TEST_ABI_MIRRORS_HPP
#define TFFM_TEST_ABI_MIRRORS_HPP

#include <cstddef>
#include <cstdint>
#include <exception>
#include <optional>
#include <ostream>
#include <string>

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <torch/csrc/autograd/function.h>

namespace mirror {
#include "libtorch_cxx.hpp"
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
template <> struct Real<mirror::c10::TensorImpl> { using type = c10::TensorImpl; };
template <> struct Real<mirror::c10::FunctionSchema> { using type = c10::FunctionSchema; };
template <> struct Real<mirror::c10::OperatorHandle> { using type = c10::OperatorHandle; };
template <> struct Real<mirror::c10::Dispatcher> { using type = c10::Dispatcher; };
template <typename T> struct Real<mirror::c10::intrusive_ptr<T>> { using type = c10::intrusive_ptr<real<T>>; };
template <typename T> struct Real<const T> { using type = const real<T>; };
template <typename T> struct Real<T &> { using type = real<T> &; };
template <typename T> struct Real<std::optional<T>> { using type = std::optional<real<T>>; };
template <typename R, typename... A> struct Real<R(A...)> { using type = real<R>(real<A>...); };
template <typename R, typename... A> struct Real<R (*)(A...)> { using type = real<R> (*)(real<A>...); };
template <typename R, typename C, typename... A> struct Real<R (C::*)(A...)> {
    using type = real<R> (real<C>::*)(real<A>...);
};
template <typename R, typename C, typename... A> struct Real<R (C::*)(A...) const> {
    using type = real<R> (real<C>::*)(real<A>...) const;
};

#endif
