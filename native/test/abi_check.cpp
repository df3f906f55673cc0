/*
 * Compares what libtorch_c.h and libtorch_cxx.hpp declare for themselves with libtorch's own headers:
 * names and signatures when this is compiled, the layouts that are private when it is run.
 */
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <type_traits>

#include <ATen/ATen.h>
#include <ATen/CPUFunctions.h>
#include <ATen/NativeFunctions.h>
#include <ATen/Operators.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <c10/core/AutogradState.h>
#include <c10/core/DispatchKeySet.h>
#include <c10/core/InferenceMode.h>
#include <c10/core/Scalar.h>
#include <torch/csrc/autograd/function.h>
#include <torch/csrc/inductor/aoti_torch/c/shim.h>
#include <torch/csrc/inductor/aoti_torch/generated/c_shim_cpu.h>
#include <torch/csrc/stable/c/shim.h>

/* ---- C: each name is declared by libtorch, and then again by us; a signature that differs is an error ---- */

#define NAME(function) using function##_is_declared = decltype(&function);
#include "names.inc"
#undef NAME

#include "libtorch_c.h"

/* ---- C++: the mirrors stand in a namespace of their own and are translated to the real types ---- */

namespace mirror {
#include "libtorch_cxx.hpp"
}

template <typename T> struct Real { using type = T; };
template <typename T> using real = typename Real<T>::type;
template <> struct Real<mirror::at::Tensor> { using type = at::Tensor; };
template <> struct Real<mirror::at::TensorBase> { using type = at::TensorBase; };
template <> struct Real<mirror::torch::autograd::Node> { using type = torch::autograd::Node; };
template <> struct Real<mirror::c10::Scalar> { using type = c10::Scalar; };
template <> struct Real<mirror::c10::TensorImpl> { using type = c10::TensorImpl; };
template <> struct Real<mirror::c10::FunctionSchema> { using type = c10::FunctionSchema; };
template <> struct Real<mirror::c10::OperatorHandle> { using type = c10::OperatorHandle; };
template <> struct Real<mirror::c10::Dispatcher> { using type = c10::Dispatcher; };
template <typename T> struct Real<const T> { using type = const real<T>; };
template <typename T> struct Real<T &> { using type = real<T> &; };
template <typename T> struct Real<std::optional<T>> { using type = std::optional<real<T>>; };
template <typename T> struct Real<std::shared_ptr<T>> { using type = std::shared_ptr<real<T>>; };
template <typename R, typename... A> struct Real<R(A...)> { using type = real<R>(real<A>...); };
template <typename R, typename... A> struct Real<R (*)(A...)> { using type = real<R> (*)(real<A>...); };
template <typename R, typename C, typename... A> struct Real<R (C::*)(A...)> {
    using type = real<R> (real<C>::*)(real<A>...);
};
template <typename R, typename C, typename... A> struct Real<R (C::*)(A...) const> {
    using type = real<R> (real<C>::*)(real<A>...) const;
};

#define SAME_SIGNATURE(function) \
    static_assert(std::is_same_v<real<decltype(&mirror::function)>, decltype(&::function)>, #function)

SAME_SIGNATURE(at::_ops::clamp::call);
SAME_SIGNATURE(at::_ops::clamp_::call);
SAME_SIGNATURE(at::_ops::clamp_out::call);
SAME_SIGNATURE(at::_ops::clamp_min::call);
SAME_SIGNATURE(at::_ops::clamp_min_::call);
SAME_SIGNATURE(at::_ops::clamp_min_out::call);
SAME_SIGNATURE(at::_ops::clamp_max::call);
SAME_SIGNATURE(at::_ops::clamp_max_::call);
SAME_SIGNATURE(at::_ops::clamp_max_out::call);
SAME_SIGNATURE(at::_ops::relu::call);
SAME_SIGNATURE(at::_ops::relu_::call);
SAME_SIGNATURE(at::_ops::fill__Scalar::call);
SAME_SIGNATURE(at::_ops::add_Tensor::call);
SAME_SIGNATURE(at::_ops::add_Scalar::call);
SAME_SIGNATURE(at::_ops::sub_Tensor::call);
SAME_SIGNATURE(at::_ops::sub_Scalar::call);
SAME_SIGNATURE(at::_ops::mul_Scalar::call);
SAME_SIGNATURE(at::_ops::div_Scalar::call);
SAME_SIGNATURE(at::_ops::eq_Scalar::call);
SAME_SIGNATURE(at::_ops::leaky_relu::call);
SAME_SIGNATURE(at::_ops::leaky_relu_::call);
SAME_SIGNATURE(at::CPUGeneratorImpl::set_current_seed);
SAME_SIGNATURE(at::TensorBase::grad_fn);
SAME_SIGNATURE(torch::autograd::Node::name);
SAME_SIGNATURE(c10::TensorImpl::requires_grad);
SAME_SIGNATURE(c10::TensorImpl::grad);
SAME_SIGNATURE(c10::TensorImpl::mutable_grad);
SAME_SIGNATURE(c10::Dispatcher::realSingleton);
SAME_SIGNATURE(c10::Dispatcher::findSchemaOrThrow);
using Print = std::ostream &(std::ostream &, const c10::FunctionSchema &);
static_assert(std::is_same_v<decltype(static_cast<Print &>(c10::operator<<)), Print &>);

/* One of several functions of the name has this signature. */
#define SAME_OVERLOAD(function) \
    static_assert(sizeof(static_cast<real<decltype(&mirror::function)>>(&::function)) > 0, #function)

SAME_OVERLOAD(at::cpu::clamp);
SAME_OVERLOAD(at::cpu::clamp_);
SAME_OVERLOAD(at::cpu::clamp_outf);
SAME_OVERLOAD(at::cpu::clamp_min);
SAME_OVERLOAD(at::cpu::clamp_min_);
SAME_OVERLOAD(at::cpu::clamp_min_outf);
SAME_OVERLOAD(at::cpu::clamp_max);
SAME_OVERLOAD(at::cpu::clamp_max_);
SAME_OVERLOAD(at::cpu::clamp_max_outf);
SAME_OVERLOAD(at::cpu::relu);
SAME_OVERLOAD(at::cpu::relu_);
SAME_OVERLOAD(at::native::is_inference);
SAME_OVERLOAD(at::detail::getDefaultCPUGenerator);

static_assert(sizeof(mirror::c10::AutogradState) == sizeof(c10::AutogradState));
static_assert(mirror::c10::impl::adInplaceOrView == c10::inplace_or_view_ks.raw_repr());
static_assert(mirror::c10::impl::autograd == c10::autograd_dispatch_keyset.raw_repr());

/* Size, alignment, and what decides whether a result is returned in registers or in memory. */
template <typename M>
constexpr bool sameShape = sizeof(M) == sizeof(real<M>) && alignof(M) == alignof(real<M>) &&
                           std::is_trivially_destructible_v<M> == std::is_trivially_destructible_v<real<M>>;

static_assert(sameShape<mirror::at::Tensor>);
static_assert(sizeof(mirror::at::TensorBase) == sizeof(at::TensorBase));
static_assert(sameShape<mirror::c10::OperatorHandle>);
static_assert(sizeof(mirror::at::Generator) == sizeof(at::Generator));
/* A Scalar is only passed by reference; the real one has a destructor, for tags that we do not use. */
static_assert(sizeof(mirror::c10::Scalar) == sizeof(c10::Scalar));
static_assert(alignof(mirror::c10::Scalar) == alignof(c10::Scalar));
static_assert(sizeof(std::optional<mirror::c10::Scalar>) == sizeof(std::optional<c10::Scalar>));

/* ---- private members: seen by what the public ones say ---- */

static int failures = 0;

static void expect(bool holds, const char *what) {
    if (holds) return;
    failures++;
    std::printf("differs: %s\n", what);
}

/* The real Scalar's bytes, read as the mirror. */
static mirror::c10::Scalar mirrored(const c10::Scalar &scalar) {
    mirror::c10::Scalar mirrored;
    std::memcpy(static_cast<void *>(&mirrored), static_cast<const void *>(&scalar), sizeof mirrored);
    return mirrored;
}

/* The first pointer of an object. */
static const char *firstPointer(const void *object) {
    const char *pointer;
    std::memcpy(&pointer, object, sizeof pointer);
    return pointer;
}

int main() {
    using Tag = mirror::c10::Scalar::Tag;
    const auto integer = mirrored(c10::Scalar(int64_t{-7})), number = mirrored(c10::Scalar(0.5));
    expect(integer.tag == Tag::integer && integer.value.integer == -7, "c10::Scalar of an integer");
    expect(number.tag == Tag::real && number.value.real == 0.5, "c10::Scalar of a double");

    const auto handle = c10::Dispatcher::realSingleton().findSchemaOrThrow("aten::relu", "");
    const auto *schema = reinterpret_cast<const char *>(&handle.schema());
    expect(schema - firstPointer(&handle) == mirror::c10::schemaOffset, "the schema within an operator's definition");

    const at::Generator &generator = at::detail::getDefaultCPUGenerator();
    const auto *generatorImpl = reinterpret_cast<const char *>(generator.unsafeGetGeneratorImpl());
    expect(firstPointer(&generator) == generatorImpl, "the pointer in an at::Generator");

    const at::Tensor tensor = at::empty({1});
    const auto *impl = reinterpret_cast<const char *>(tensor.unsafeGetTensorImpl());
    expect(firstPointer(&tensor) == impl, "the pointer in an at::Tensor");
    const auto *storage = reinterpret_cast<const char *>(tensor.storage().unsafeGetStorageImpl());
    expect(firstPointer(impl + offsetof(mirror::c10::TensorImpl, storage)) == storage, "the storage of a c10::TensorImpl");

    const auto *state = reinterpret_cast<const unsigned char *>(&c10::AutogradState::get_tls_state());
    const auto *flags = state + offsetof(mirror::c10::AutogradState, flags);
    using Flag = mirror::c10::AutogradState;
    expect((*flags & Flag::grad) != 0 && (*flags & Flag::inference) == 0, "the flags of a c10::AutogradState");
    const c10::InferenceMode mode;
    expect((*flags & Flag::grad) == 0 && (*flags & Flag::inference) != 0, "the flags within a c10::InferenceMode");

    std::puts(failures == 0 ? "the declarations agree with libtorch's headers" : "the declarations do not agree");
    return failures != 0;
}
