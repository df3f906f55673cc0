/* The calls of libtorch that only C++ can make. Every exception is caught here. */
#include <algorithm>
#include <cstring>
#include <exception>
#include <sstream>
#include <string>

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

/* Constructs the result of a call straight into a heap at::Tensor, which is what a handle is. */
template <typename Call>
tffm_status fresh(tffm_tensor **result, Call call) noexcept {
    return guarded([&] {
        *result = reinterpret_cast<tffm_tensor *>(new at::Tensor(call()));
        return TFFM_OK;
    });
}

/* A call that writes one of its arguments and gives it back. */
template <typename Call>
tffm_status inPlace(Call call) noexcept {
    return guarded([&] {
        call();
        return TFFM_OK;
    });
}

}  // namespace

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

tffm_status tffm_fill_(tffm_tensor *self, int32_t kind, int64_t value) {
    TFFM_TRY(checkKind("kind", kind, false));
    return inPlace([&] { at::_ops::fill__Scalar::call(tensor(self), number(kind, value)); });
}

tffm_status tffm_requires_grad(tffm_tensor *self, int32_t *requires_grad) {
    return inPlace([&] { *requires_grad = tensor(self).impl->requires_grad(); });
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

tffm_status tffm_grad_fn(tffm_tensor *self, char *name, int64_t capacity) {
    TFFM_REQUIRE(self);
    TFFM_REQUIRE(name);
    if (capacity < 1) return tffm_refuse("capacity is %lld, below 1", static_cast<long long>(capacity));
    return guarded([&] {
        const auto &node = tensor(self).grad_fn();
        std::string full = node == nullptr ? "" : node->name();
        std::string plain = full.substr(full.rfind(':') + 1);
        name[plain.copy(name, static_cast<size_t>(capacity) - 1)] = 0;
        return static_cast<tffm_status>(TFFM_OK);
    });
}

tffm_status tffm_clamp(tffm_tensor *self, const void *, int32_t min_kind, int64_t min, int32_t max_kind,
                       int64_t max, tffm_tensor **result) {
    TFFM_REQUIRE(self);
    TFFM_REQUIRE(result);
    TFFM_TRY(checkKind("min_kind", min_kind, true));
    TFFM_TRY(checkKind("max_kind", max_kind, true));
    return fresh(result,
                 [&] { return at::_ops::clamp::call(tensor(self), bound(min_kind, min), bound(max_kind, max)); });
}

tffm_status tffm_clamp_(tffm_tensor *self, const void *, int32_t min_kind, int64_t min, int32_t max_kind,
                        int64_t max) {
    TFFM_REQUIRE(self);
    TFFM_TRY(checkKind("min_kind", min_kind, true));
    TFFM_TRY(checkKind("max_kind", max_kind, true));
    return inPlace([&] { at::_ops::clamp_::call(tensor(self), bound(min_kind, min), bound(max_kind, max)); });
}

tffm_status tffm_clamp_out(tffm_tensor *self, const void *, int32_t min_kind, int64_t min, int32_t max_kind,
                           int64_t max, tffm_tensor *out, const void *) {
    TFFM_REQUIRE(self);
    TFFM_REQUIRE(out);
    TFFM_TRY(checkKind("min_kind", min_kind, true));
    TFFM_TRY(checkKind("max_kind", max_kind, true));
    TFFM_TRY(checkSizes(self, out));
    return inPlace([&] {
        at::_ops::clamp_out::call(tensor(self), bound(min_kind, min), bound(max_kind, max), tensor(out));
    });
}

tffm_status tffm_clamp_min(tffm_tensor *self, const void *, int32_t min_kind, int64_t min,
                           tffm_tensor **result) {
    TFFM_REQUIRE(self);
    TFFM_REQUIRE(result);
    TFFM_TRY(checkKind("min_kind", min_kind, false));
    return fresh(result, [&] { return at::_ops::clamp_min::call(tensor(self), number(min_kind, min)); });
}

tffm_status tffm_clamp_min_(tffm_tensor *self, const void *, int32_t min_kind, int64_t min) {
    TFFM_REQUIRE(self);
    TFFM_TRY(checkKind("min_kind", min_kind, false));
    return inPlace([&] { at::_ops::clamp_min_::call(tensor(self), number(min_kind, min)); });
}

tffm_status tffm_clamp_min_out(tffm_tensor *self, const void *, int32_t min_kind, int64_t min,
                               tffm_tensor *out, const void *) {
    TFFM_REQUIRE(self);
    TFFM_REQUIRE(out);
    TFFM_TRY(checkKind("min_kind", min_kind, false));
    TFFM_TRY(checkSizes(self, out));
    return inPlace([&] { at::_ops::clamp_min_out::call(tensor(self), number(min_kind, min), tensor(out)); });
}

tffm_status tffm_clamp_max(tffm_tensor *self, const void *, int32_t max_kind, int64_t max,
                           tffm_tensor **result) {
    TFFM_REQUIRE(self);
    TFFM_REQUIRE(result);
    TFFM_TRY(checkKind("max_kind", max_kind, false));
    return fresh(result, [&] { return at::_ops::clamp_max::call(tensor(self), number(max_kind, max)); });
}

tffm_status tffm_clamp_max_(tffm_tensor *self, const void *, int32_t max_kind, int64_t max) {
    TFFM_REQUIRE(self);
    TFFM_TRY(checkKind("max_kind", max_kind, false));
    return inPlace([&] { at::_ops::clamp_max_::call(tensor(self), number(max_kind, max)); });
}

tffm_status tffm_clamp_max_out(tffm_tensor *self, const void *, int32_t max_kind, int64_t max,
                               tffm_tensor *out, const void *) {
    TFFM_REQUIRE(self);
    TFFM_REQUIRE(out);
    TFFM_TRY(checkKind("max_kind", max_kind, false));
    TFFM_TRY(checkSizes(self, out));
    return inPlace([&] { at::_ops::clamp_max_out::call(tensor(self), number(max_kind, max), tensor(out)); });
}

tffm_status tffm_relu(tffm_tensor *self, const void *, tffm_tensor **result) {
    TFFM_REQUIRE(self);
    TFFM_REQUIRE(result);
    return fresh(result, [&] { return at::_ops::relu::call(tensor(self)); });
}

tffm_status tffm_relu_(tffm_tensor *self, const void *) {
    TFFM_REQUIRE(self);
    return inPlace([&] { at::_ops::relu_::call(tensor(self)); });
}
