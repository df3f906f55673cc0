/* Compares the signatures in libtorch_c.h, libtorch_types.hpp and libtorch_clamp.hpp with libtorch's own headers. */
#include <type_traits>

#include <torch/csrc/inductor/aoti_torch/c/shim.h>
#include <torch/csrc/inductor/aoti_torch/generated/c_shim_cpu.h>
#include <torch/csrc/stable/c/shim.h>

#include <ATen/CPUFunctions.h>
#include <ATen/NativeFunctions.h>
#include <ATen/Operators.h>

#include "mirrors.hpp"

namespace mirror {
#include "libtorch_clamp.hpp"
}

/* ---- C: each name is declared by libtorch, and then again by us; a signature that differs is an error ---- */

#define NAME(function) using function##_is_declared = decltype(&function);
#include "names.inc"
#undef NAME

#include "libtorch_c.h"

/* ---- C++ ---- */

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
SAME_SIGNATURE(at::_ops::relu_out::call);
SAME_SIGNATURE(at::CPUGeneratorImpl::set_current_seed);
SAME_SIGNATURE(at::TensorBase::grad_fn);
SAME_SIGNATURE(torch::autograd::Node::name);
SAME_SIGNATURE(torch::autograd::grad);
SAME_SIGNATURE(torch::autograd::impl::bump_version);
SAME_SIGNATURE(at::set_num_threads);
SAME_SIGNATURE(at::get_num_threads);
SAME_SIGNATURE(c10::AutogradState::get_tls_state);
SAME_SIGNATURE(c10::TensorImpl::requires_grad);
SAME_SIGNATURE(c10::TensorImpl::grad);
SAME_SIGNATURE(c10::TensorImpl::mutable_grad);
SAME_SIGNATURE(c10::Dispatcher::realSingleton);
SAME_SIGNATURE(c10::Dispatcher::findSchemaOrThrow);
SAME_SIGNATURE(c10::Dispatcher::getAllOpNames);
using Print = std::ostream &(std::ostream &, const c10::FunctionSchema &);
static_assert(std::is_same_v<decltype(static_cast<Print &>(c10::operator<<)), Print &>);

/* A private member can be named where a template is instantiated. */
template <auto Function> struct SameComputeWhat {
    static_assert(std::is_same_v<real<decltype(&mirror::c10::Error::compute_what)>, decltype(Function)>);
};
template struct SameComputeWhat<&c10::Error::compute_what>;

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
SAME_OVERLOAD(c10::SetStackTraceFetcher);
SAME_OVERLOAD(at::detail::getDefaultCPUGenerator);
