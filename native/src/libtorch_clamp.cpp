/* clamp, clamp_min, clamp_max and relu, each into a new tensor, in place, and into another. */
#include <algorithm>
#include <cstring>

#include "libtorch_c.h"
#include "libtorch_clamp.hpp"
#include "libtorch_guard.hpp"
#include "libtorch_mode.h"

using at::Bound;
using at::Tensor;
using c10::Scalar;

namespace {

/* The bounds of a call, as each operator takes them. */
struct Bounds {
    Bound min, max;
};

Bound bound(int32_t kind, int64_t bits) {
    if (kind == TFFM_NO_NUMBER) return std::nullopt;
    Scalar scalar{};
    scalar.tag = kind == TFFM_INTEGER ? Scalar::Tag::integer : Scalar::Tag::real;
    std::memcpy(&scalar.value, &bits, sizeof bits);
    return scalar;
}

tffm_status checkKind(const char *name, int32_t kind, bool optional) {
    if (kind == TFFM_INTEGER || kind == TFFM_REAL || (optional && kind == TFFM_NO_NUMBER)) return TFFM_OK;
    return tffm_refuse("%s is %d, which is not a kind of number%s", name, kind, optional ? "" : " allowed here");
}

/* Bounds that the operator does not use are not checked. */
tffm_status check(int32_t mode, int32_t operation, int32_t min_kind, int32_t max_kind) {
    TFFM_TRY(tffm_check_mode(mode));
    if (operation < TFFM_CLAMP || operation > TFFM_RELU)
        return tffm_refuse("operation is %d, which is not in enum tffm_clamp_operation", operation);
    if (operation == TFFM_CLAMP || operation == TFFM_CLAMP_MIN)
        TFFM_TRY(checkKind("min_kind", min_kind, operation == TFFM_CLAMP));
    if (operation == TFFM_CLAMP || operation == TFFM_CLAMP_MAX)
        TFFM_TRY(checkKind("max_kind", max_kind, operation == TFFM_CLAMP));
    return TFFM_OK;
}

/* libtorch would resize out, and leave it with the new sizes even if its memory could not grow. */
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

/* Whether the dispatcher can be left out: neither the tensors nor a result take part in autograd. */
template <typename... Tensors>
bool isStraight(int32_t mode, const Tensors &...tensors) {
    return (mode & TFFM_INFERENCE) && (at::native::is_inference(tensors) && ...);
}

namespace ops = at::_ops;
namespace cpu = at::cpu;

Tensor fresh(int32_t operation, bool straight, const Tensor &self, const Bounds &bounds) {
    switch (operation) {
        case TFFM_CLAMP: return (straight ? cpu::clamp : ops::clamp::call)(self, bounds.min, bounds.max);
        case TFFM_CLAMP_MIN: return (straight ? cpu::clamp_min : ops::clamp_min::call)(self, *bounds.min);
        case TFFM_CLAMP_MAX: return (straight ? cpu::clamp_max : ops::clamp_max::call)(self, *bounds.max);
        default: return (straight ? cpu::relu : ops::relu::call)(self);
    }
}

Tensor &inPlace(int32_t operation, bool straight, Tensor &self, const Bounds &bounds) {
    switch (operation) {
        case TFFM_CLAMP: return (straight ? cpu::clamp_ : ops::clamp_::call)(self, bounds.min, bounds.max);
        case TFFM_CLAMP_MIN: return (straight ? cpu::clamp_min_ : ops::clamp_min_::call)(self, *bounds.min);
        case TFFM_CLAMP_MAX: return (straight ? cpu::clamp_max_ : ops::clamp_max_::call)(self, *bounds.max);
        default: return (straight ? cpu::relu_ : ops::relu_::call)(self);
    }
}

Tensor &into(int32_t operation, bool straight, const Tensor &self, const Bounds &bounds, Tensor &out) {
    switch (operation) {
        case TFFM_CLAMP: return (straight ? cpu::clamp_outf : ops::clamp_out::call)(self, bounds.min, bounds.max, out);
        case TFFM_CLAMP_MIN: return (straight ? cpu::clamp_min_outf : ops::clamp_min_out::call)(self, *bounds.min, out);
        case TFFM_CLAMP_MAX: return (straight ? cpu::clamp_max_outf : ops::clamp_max_out::call)(self, *bounds.max, out);
        default: return ops::relu_out::call(self, out);
    }
}

}  // namespace

tffm_status tffm_clamp(int32_t mode, int32_t operation, tffm_tensor *self, const void *, int32_t min_kind, int64_t min,
                       int32_t max_kind, int64_t max, tffm_tensor **result) {
    TFFM_REQUIRE(self);
    TFFM_REQUIRE(result);
    TFFM_TRY(check(mode, operation, min_kind, max_kind));
    return guarded([&] {
        InMode inMode(mode);
        Tensor &x = tensor(self);
        *result = reinterpret_cast<tffm_tensor *>(
            new Tensor(fresh(operation, isStraight(mode, x), x, {bound(min_kind, min), bound(max_kind, max)})));
        return TFFM_OK;
    });
}

tffm_status tffm_clamp_(int32_t mode, int32_t operation, tffm_tensor *self, const void *, int32_t min_kind, int64_t min,
                        int32_t max_kind, int64_t max) {
    TFFM_REQUIRE(self);
    TFFM_TRY(check(mode, operation, min_kind, max_kind));
    return guarded([&] {
        InMode inMode(mode);
        Tensor &x = tensor(self);
        inPlace(operation, isStraight(mode, x), x, {bound(min_kind, min), bound(max_kind, max)});
        return TFFM_OK;
    });
}

tffm_status tffm_clamp_out(int32_t mode, int32_t operation, tffm_tensor *self, const void *, int32_t min_kind,
                           int64_t min, int32_t max_kind, int64_t max, tffm_tensor *out, const void *) {
    TFFM_REQUIRE(self);
    TFFM_REQUIRE(out);
    TFFM_TRY(check(mode, operation, min_kind, max_kind));
    TFFM_TRY(checkSizes(self, out));
    return guarded([&] {
        InMode inMode(mode);
        Tensor &x = tensor(self), &to = tensor(out);
        into(operation, isStraight(mode, x, to), x, {bound(min_kind, min), bound(max_kind, max)}, to);
        return TFFM_OK;
    });
}
