/* The calls of libtorch that only C++ can make. Every exception is caught here. */
#include <algorithm>
#include <cstring>
#include <exception>
#include <sstream>
#include <string>
#include <utility>

#include "error.h"
#include "libtorch_c.h"
#include "libtorch_cxx.h"
#include "libtorch_cxx.hpp"

namespace {

thread_local std::string kept;

tffm_status failed(const c10::Error &e) noexcept {
    try {
        return tffm_fail_torch(e.compute_what(false).c_str());
    } catch (...) {
        return tffm_fail_torch("libtorch failed, and there was no memory for its text");
    }
}

template <typename Call>
tffm_status guarded(Call call) noexcept {
    try {
        return call();
    } catch (const c10::Error &e) {
        return failed(e);
    } catch (const std::exception &e) {
        return tffm_fail_torch(e.what());
    } catch (...) {
        return tffm_fail_torch("libtorch threw something that is not a std::exception");
    }
}

at::Tensor &tensor(tffm_tensor *handle) { return *reinterpret_cast<at::Tensor *>(handle); }

c10::Scalar number(int32_t kind, int64_t bits) {
    c10::Scalar scalar{};
    if (kind == TFFM_INTEGER) {
        scalar.tag = c10::Scalar::Tag::integer;
        scalar.value.integer = bits;
    } else {
        scalar.tag = c10::Scalar::Tag::real;
        std::memcpy(&scalar.value.real, &bits, sizeof bits);
    }
    return scalar;
}

at::_ops::Bound bound(int32_t kind, int64_t bits) {
    if (kind == TFFM_NO_NUMBER) return std::nullopt;
    return number(kind, bits);
}

tffm_status checkKind(const char *name, int32_t kind, bool optional) {
    if (kind == TFFM_INTEGER || kind == TFFM_REAL || (optional && kind == TFFM_NO_NUMBER)) return TFFM_OK;
    return tffm_refuse("%s is %d, which is no kind of number%s", name, kind, optional ? "" : " that may stand here");
}

/* Otherwise libtorch would resize out, and leave it so even where its memory then cannot grow. */
tffm_status checkSizes(tffm_tensor *self, tffm_tensor *out) {
    auto from = reinterpret_cast<AtenTensorHandle>(self), to = reinterpret_cast<AtenTensorHandle>(out);
    int64_t dim, outDim, *sizes, *outSizes;
    TFFM_TRY(tffm_check(aoti_torch_get_dim(from, &dim)));
    TFFM_TRY(tffm_check(aoti_torch_get_dim(to, &outDim)));
    TFFM_TRY(tffm_check(aoti_torch_get_sizes(from, &sizes)));
    TFFM_TRY(tffm_check(aoti_torch_get_sizes(to, &outSizes)));
    return std::equal(sizes, sizes + dim, outSizes, outSizes + outDim) ? TFFM_OK
                                                                       : tffm_refuse("out has other sizes than self");
}

/* This thread's mode is what libtorch's own guards change: c10::AutoGradMode and c10::InferenceMode. */
inline void setMode(int32_t mode, tffm_saved_mode &saved) {
    auto &autograd = c10::AutogradState::get_tls_state();
    auto &keys = c10::impl::raw_local_dispatch_key_set;
    saved = {keys.included, keys.excluded, autograd.flags};
    if (mode & TFFM_INFERENCE) {
        using Flag = c10::AutogradState;
        autograd.flags &= static_cast<uint8_t>(~(Flag::grad | Flag::forwardGrad | Flag::multithreading));
        autograd.flags |= Flag::inference;
        keys.included |= c10::impl::adInplaceOrView; /* included by default, so set means left out */
        keys.excluded |= c10::impl::autograd;
    } else if (mode & TFFM_NO_GRAD) {
        autograd.flags &= static_cast<uint8_t>(~c10::AutogradState::grad);
    }
}

inline void restoreMode(const tffm_saved_mode &saved) {
    c10::AutogradState::get_tls_state().flags = saved.flags;
    c10::impl::raw_local_dispatch_key_set = {saved.included, saved.excluded};
}

/* A mode for the length of a block. */
class InMode {
public:
    explicit InMode(int32_t mode) : changed(mode != TFFM_RECORD) {
        if (changed) setMode(mode, saved);
    }
    ~InMode() {
        if (changed) restoreMode(saved);
    }
    InMode(const InMode &) = delete;
    InMode &operator=(const InMode &) = delete;

private:
    const bool changed;
    tffm_saved_mode saved;
};

/*
 * Whether the dispatcher has nothing to do: neither the tensors nor a result take part in autograd, so
 * the kernel may be called straight.
 */
template <typename... Tensors>
bool isStraight(int32_t mode, Tensors *...tensors) {
    return (mode & TFFM_INFERENCE) && (at::native::is_inference(tensor(tensors)) && ...);
}

/* Constructs the result of a call straight into a heap at::Tensor, which is what a handle is. */
template <typename Call, typename... Arguments>
tffm_status fresh(int32_t mode, tffm_tensor *self, tffm_tensor **result, Call *dispatched, Call *straight,
                  const Arguments &...arguments) noexcept {
    TFFM_REQUIRE(self);
    TFFM_REQUIRE(result);
    TFFM_TRY(tffm_check_mode(mode));
    return guarded([&] {
        InMode inMode(mode);
        *result = reinterpret_cast<tffm_tensor *>(
            new at::Tensor((isStraight(mode, self) ? straight : dispatched)(tensor(self), arguments...)));
        return TFFM_OK;
    });
}

/* A call that writes a tensor and gives it back. */
template <typename Call, typename... Arguments>
tffm_status inPlace(int32_t mode, tffm_tensor *self, Call *dispatched, Call *straight,
                    const Arguments &...arguments) noexcept {
    TFFM_REQUIRE(self);
    TFFM_TRY(tffm_check_mode(mode));
    return guarded([&] {
        InMode inMode(mode);
        (isStraight(mode, self) ? straight : dispatched)(tensor(self), arguments...);
        return TFFM_OK;
    });
}

/* A call that writes another tensor and gives that back. */
template <typename Call, typename... Arguments>
tffm_status into(int32_t mode, tffm_tensor *self, tffm_tensor *out, Call *dispatched, Call *straight,
                 const Arguments &...arguments) noexcept {
    TFFM_REQUIRE(self);
    TFFM_REQUIRE(out);
    TFFM_TRY(tffm_check_mode(mode));
    TFFM_TRY(checkSizes(self, out));
    return guarded([&] {
        InMode inMode(mode);
        (isStraight(mode, self, out) ? straight : dispatched)(tensor(self), arguments..., tensor(out));
        return TFFM_OK;
    });
}

}  // namespace

tffm_status tffm_check_mode(int32_t mode) {
    if ((mode & ~(TFFM_NO_GRAD | TFFM_INFERENCE)) == 0) return TFFM_OK;
    return tffm_refuse("mode is %d, which is no sum of enum tffm_mode", mode);
}

void tffm_enter(int32_t mode, tffm_saved_mode *saved) { setMode(mode, *saved); }

void tffm_leave(const tffm_saved_mode *saved) { restoreMode(*saved); }

void tffm_keep_text(const char *text) {
    try {
        kept = text;
    } catch (...) {
        kept.clear();
    }
}

const char *tffm_kept_text(void) { return kept.c_str(); }

tffm_status tffm_schema(const char *name, const char *overload, char *buffer, size_t capacity) {
    return guarded([&] {
        c10::OperatorHandle found = c10::Dispatcher::realSingleton().findSchemaOrThrow(name, overload);
        std::ostringstream text;
        text << *reinterpret_cast<const c10::FunctionSchema *>(found.definition + c10::schemaOffset);
        if (text.str().size() >= capacity) return tffm_refuse("the schema of %s is too long", name);
        std::strcpy(buffer, text.str().c_str());
        return static_cast<tffm_status>(TFFM_OK);
    });
}

tffm_status tffm_fill_(int32_t mode, tffm_tensor *self, int32_t kind, int64_t value) {
    TFFM_TRY(checkKind("kind", kind, false));
    return guarded([&] {
        InMode inMode(mode);
        at::_ops::fill__Scalar::call(tensor(self), number(kind, value));
        return TFFM_OK;
    });
}

tffm_status tffm_describe_cxx(tffm_tensor *self, tffm_info *info) {
    return guarded([&] {
        info->requires_grad = tensor(self).impl->requires_grad();
        info->storage = tensor(self).impl->storage;
        info->inference = at::native::is_inference(tensor(self));
        return TFFM_OK;
    });
}

tffm_status tffm_grad(tffm_tensor *self, tffm_tensor **result) {
    TFFM_REQUIRE(self);
    TFFM_REQUIRE(result);
    return guarded([&] {
        const at::Tensor &grad = tensor(self).impl->grad();
        bool defined;
        auto borrowed = reinterpret_cast<AtenTensorHandle>(const_cast<at::Tensor *>(&grad));
        TFFM_TRY(tffm_check(aoti_torch_is_defined(borrowed, &defined)));
        *result = nullptr;
        return defined ? tffm_check(aoti_torch_new_tensor_handle(borrowed, reinterpret_cast<AtenTensorHandle *>(result)))
                       : static_cast<tffm_status>(TFFM_OK);
    });
}

tffm_status tffm_clear_grad_(tffm_tensor *self) {
    TFFM_REQUIRE(self);
    return guarded([&] {
        AtenTensorHandle none;
        TFFM_TRY(tffm_check(aoti_torch_new_uninitialized_tensor(&none)));
        std::swap(tensor(self).impl->mutable_grad().impl, reinterpret_cast<at::Tensor *>(none)->impl);
        return tffm_check(aoti_torch_delete_tensor_object(none)); /* the gradient now */
    });
}

tffm_status tffm_grad_fn(tffm_tensor *self, char *name, int64_t capacity) {
    TFFM_REQUIRE(self);
    TFFM_REQUIRE(name);
    if (capacity < 1) return tffm_refuse("capacity is %lld, below 1", static_cast<long long>(capacity));
    return guarded([&] {
        const auto *node = tensor(self).grad_fn().target;
        std::string full = node == nullptr ? "" : node->name();
        std::string plain = full.substr(full.rfind(':') + 1);
        name[plain.copy(name, static_cast<size_t>(capacity) - 1)] = 0;
        return static_cast<tffm_status>(TFFM_OK);
    });
}

namespace ops = at::_ops;
namespace cpu = at::cpu;

tffm_status tffm_clamp(int32_t mode, tffm_tensor *self, const void *, int32_t min_kind, int64_t min,
                       int32_t max_kind, int64_t max, tffm_tensor **result) {
    TFFM_TRY(checkKind("min_kind", min_kind, true));
    TFFM_TRY(checkKind("max_kind", max_kind, true));
    return fresh(mode, self, result, ops::clamp::call, cpu::clamp, bound(min_kind, min), bound(max_kind, max));
}

tffm_status tffm_clamp_(int32_t mode, tffm_tensor *self, const void *, int32_t min_kind, int64_t min,
                        int32_t max_kind, int64_t max) {
    TFFM_TRY(checkKind("min_kind", min_kind, true));
    TFFM_TRY(checkKind("max_kind", max_kind, true));
    return inPlace(mode, self, ops::clamp_::call, cpu::clamp_, bound(min_kind, min), bound(max_kind, max));
}

tffm_status tffm_clamp_out(int32_t mode, tffm_tensor *self, const void *, int32_t min_kind, int64_t min,
                           int32_t max_kind, int64_t max, tffm_tensor *out, const void *) {
    TFFM_TRY(checkKind("min_kind", min_kind, true));
    TFFM_TRY(checkKind("max_kind", max_kind, true));
    return into(mode, self, out, ops::clamp_out::call, cpu::clamp_outf, bound(min_kind, min), bound(max_kind, max));
}

tffm_status tffm_clamp_min(int32_t mode, tffm_tensor *self, const void *, int32_t min_kind, int64_t min,
                           tffm_tensor **result) {
    TFFM_TRY(checkKind("min_kind", min_kind, false));
    return fresh(mode, self, result, ops::clamp_min::call, cpu::clamp_min, number(min_kind, min));
}

tffm_status tffm_clamp_min_(int32_t mode, tffm_tensor *self, const void *, int32_t min_kind, int64_t min) {
    TFFM_TRY(checkKind("min_kind", min_kind, false));
    return inPlace(mode, self, ops::clamp_min_::call, cpu::clamp_min_, number(min_kind, min));
}

tffm_status tffm_clamp_min_out(int32_t mode, tffm_tensor *self, const void *, int32_t min_kind, int64_t min,
                               tffm_tensor *out, const void *) {
    TFFM_TRY(checkKind("min_kind", min_kind, false));
    return into(mode, self, out, ops::clamp_min_out::call, cpu::clamp_min_outf, number(min_kind, min));
}

tffm_status tffm_clamp_max(int32_t mode, tffm_tensor *self, const void *, int32_t max_kind, int64_t max,
                           tffm_tensor **result) {
    TFFM_TRY(checkKind("max_kind", max_kind, false));
    return fresh(mode, self, result, ops::clamp_max::call, cpu::clamp_max, number(max_kind, max));
}

tffm_status tffm_clamp_max_(int32_t mode, tffm_tensor *self, const void *, int32_t max_kind, int64_t max) {
    TFFM_TRY(checkKind("max_kind", max_kind, false));
    return inPlace(mode, self, ops::clamp_max_::call, cpu::clamp_max_, number(max_kind, max));
}

tffm_status tffm_clamp_max_out(int32_t mode, tffm_tensor *self, const void *, int32_t max_kind, int64_t max,
                               tffm_tensor *out, const void *) {
    TFFM_TRY(checkKind("max_kind", max_kind, false));
    return into(mode, self, out, ops::clamp_max_out::call, cpu::clamp_max_outf, number(max_kind, max));
}

tffm_status tffm_relu(int32_t mode, tffm_tensor *self, const void *, tffm_tensor **result) {
    return fresh(mode, self, result, ops::relu::call, cpu::relu);
}

tffm_status tffm_relu_(int32_t mode, tffm_tensor *self, const void *) {
    return inPlace(mode, self, ops::relu_::call, cpu::relu_);
}

/* ---- arithmetic, by the dispatcher alone ---- */

namespace {

template <typename Call, typename... Arguments>
tffm_status dispatched(int32_t mode, tffm_tensor *self, tffm_tensor **result, Call *call,
                       const Arguments &...arguments) noexcept {
    return fresh(mode, self, result, call, call, arguments...);
}

}  // namespace

tffm_status tffm_add(int32_t mode, tffm_tensor *self, const void *, tffm_tensor *other, const void *,
                     tffm_tensor **result) {
    TFFM_REQUIRE(other);
    return dispatched(mode, self, result, ops::add_Tensor::call, tensor(other), number(TFFM_INTEGER, 1));
}

tffm_status tffm_sub(int32_t mode, tffm_tensor *self, const void *, tffm_tensor *other, const void *,
                     tffm_tensor **result) {
    TFFM_REQUIRE(other);
    return dispatched(mode, self, result, ops::sub_Tensor::call, tensor(other), number(TFFM_INTEGER, 1));
}

tffm_status tffm_add_scalar(int32_t mode, tffm_tensor *self, const void *, int32_t kind, int64_t bits,
                            tffm_tensor **result) {
    TFFM_TRY(checkKind("kind", kind, false));
    return dispatched(mode, self, result, ops::add_Scalar::call, number(kind, bits), number(TFFM_INTEGER, 1));
}

tffm_status tffm_sub_scalar(int32_t mode, tffm_tensor *self, const void *, int32_t kind, int64_t bits,
                            tffm_tensor **result) {
    TFFM_TRY(checkKind("kind", kind, false));
    return dispatched(mode, self, result, ops::sub_Scalar::call, number(kind, bits), number(TFFM_INTEGER, 1));
}

tffm_status tffm_mul_scalar(int32_t mode, tffm_tensor *self, const void *, int32_t kind, int64_t bits,
                            tffm_tensor **result) {
    TFFM_TRY(checkKind("kind", kind, false));
    return dispatched(mode, self, result, ops::mul_Scalar::call, number(kind, bits));
}

tffm_status tffm_div_scalar(int32_t mode, tffm_tensor *self, const void *, int32_t kind, int64_t bits,
                            tffm_tensor **result) {
    TFFM_TRY(checkKind("kind", kind, false));
    return dispatched(mode, self, result, ops::div_Scalar::call, number(kind, bits));
}

tffm_status tffm_eq_scalar(int32_t mode, tffm_tensor *self, const void *, int32_t kind, int64_t bits,
                           tffm_tensor **result) {
    TFFM_TRY(checkKind("kind", kind, false));
    return dispatched(mode, self, result, ops::eq_Scalar::call, number(kind, bits));
}

tffm_status tffm_leaky_relu(int32_t mode, tffm_tensor *self, const void *, int32_t kind, int64_t slope,
                            tffm_tensor **result) {
    TFFM_TRY(checkKind("kind", kind, false));
    return dispatched(mode, self, result, ops::leaky_relu::call, number(kind, slope));
}

tffm_status tffm_leaky_relu_(int32_t mode, tffm_tensor *self, const void *, int32_t kind, int64_t slope) {
    TFFM_TRY(checkKind("kind", kind, false));
    return inPlace(mode, self, ops::leaky_relu_::call, ops::leaky_relu_::call, number(kind, slope));
}

tffm_status tffm_manual_seed(uint64_t seed) {
    return guarded([&] {
        at::detail::getDefaultCPUGenerator().impl->set_current_seed(seed);
        return static_cast<tffm_status>(TFFM_OK);
    });
}
