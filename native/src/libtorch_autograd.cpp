/* Gradients, their history, and the default generator. */
#include "libtorch_autograd.h"

#include <string>
#include <utility>

#include "libtorch_c.h"
#include "libtorch_guard.hpp"
#include "libtorch_mode.h"

namespace {

/* After a write to what it is a view of, libtorch makes the function anew, in the thread's mode. */
const torch::autograd::Node *gradFn(const at::Tensor &x) {
    InMode recording(TFFM_RECORD);
    return x.grad_fn().target;
}

/* A view made in inference mode of what is recorded later has a history, though not one that libtorch can give. */
bool hasHistory(const at::Tensor &x) {
    try {
        return gradFn(x) != nullptr;
    } catch (const c10::Error &) {
        return true;
    }
}

/* Whether a gradient is one of zeros to which libtorch has given no memory. */
tffm_status lacksMemory(AtenTensorHandle gradient, bool *lacks) {
    int32_t layout;
    int64_t numel;
    void *data = nullptr;
    TFFM_TRY(tffm_check(aoti_torch_get_layout(gradient, &layout)));
    TFFM_TRY(tffm_check(aoti_torch_get_numel(gradient, &numel)));
    bool strided = layout == AOTI_LAYOUT_STRIDED; /* others have no address to ask for */
    if (strided) TFFM_TRY(tffm_check(aoti_torch_get_data_ptr(gradient, &data)));
    *lacks = strided && numel > 0 && data == nullptr;
    return TFFM_OK;
}

}  // namespace

tffm_status tffm_describe_autograd(tffm_tensor *self, tffm_info *info) {
    return guarded([&] {
        const at::Tensor &x = tensor(self);
        bool requiresGrad = x.impl->requires_grad();
        bool recorded = requiresGrad && hasHistory(x);
        bool inference = at::native::is_inference(x);
        info->requires_grad = requiresGrad; /* from here on nothing can fail */
        info->has_history = recorded;
        info->inference = inference;
        info->storage = tffm_storage(self);
        return TFFM_OK;
    });
}

tffm_status tffm_asks_for_grad(tffm_tensor *self, bool *asks) {
    return guarded([&] {
        *asks = tensor(self).impl->requires_grad();
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
        if (!defined) return static_cast<tffm_status>(TFFM_OK);
        bool lacks;
        TFFM_TRY(lacksMemory(borrowed, &lacks));
        auto given = reinterpret_cast<AtenTensorHandle *>(result);
        if (!lacks) return tffm_check(aoti_torch_new_tensor_handle(borrowed, given));
        InMode inMode(TFFM_NO_GRAD);
        return tffm_check(aoti_torch_clone(borrowed, given));
    });
}

tffm_status tffm_clear_grad_(tffm_tensor *self) {
    TFFM_REQUIRE(self);
    return guarded([&] {
        AtenTensorHandle none;
        TFFM_TRY(tffm_check(aoti_torch_new_uninitialized_tensor(&none)));
        std::swap(tensor(self).impl->mutable_grad().impl, reinterpret_cast<at::Tensor *>(none)->impl);
        return tffm_check(aoti_torch_delete_tensor_object(none)); /* holds the gradient, after the swap */
    });
}

tffm_status tffm_grad_fn(tffm_tensor *self, char *name, int64_t capacity) {
    TFFM_REQUIRE(self);
    TFFM_REQUIRE(name);
    if (capacity < 1) return tffm_refuse("capacity is %lld, below 1", static_cast<long long>(capacity));
    return guarded([&] {
        const torch::autograd::Node *node = gradFn(tensor(self));
        std::string full = node == nullptr ? "" : node->name();
        std::string plain = full.substr(full.rfind(':') + 1);
        name[plain.copy(name, static_cast<size_t>(capacity) - 1)] = 0;
        return static_cast<tffm_status>(TFFM_OK);
    });
}

tffm_status tffm_bump_version(tffm_tensor *self) {
    return guarded([&] {
        if (!at::native::is_inference(tensor(self))) torch::autograd::impl::bump_version(tensor(self));
        return TFFM_OK;
    });
}

tffm_status tffm_manual_seed(uint64_t seed) {
    return guarded([&] {
        at::detail::getDefaultCPUGenerator().impl->set_current_seed(seed);
        return static_cast<tffm_status>(TFFM_OK);
    });
}
