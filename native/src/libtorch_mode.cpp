/* A thread's mode is what libtorch's own guards change: c10::AutoGradMode and c10::InferenceMode. */
#include "libtorch_mode.h"

#include "libtorch_types.hpp"

using c10::AutogradState;

void tffm_enter(int32_t mode, tffm_saved_mode *saved) {
    AutogradState &autograd = AutogradState::get_tls_state();
    auto &keys = c10::impl::raw_local_dispatch_key_set;
    *saved = {keys.included, keys.excluded, autograd.flags};
    if (mode & TFFM_INFERENCE) {
        autograd.flags &= static_cast<uint8_t>(
            ~(AutogradState::grad | AutogradState::forwardGrad | AutogradState::multithreading));
        autograd.flags |= AutogradState::inference;
        keys.included |= c10::impl::adInplaceOrView; /* included by default: the set bit leaves it out */
        keys.excluded |= c10::impl::autograd;
    } else if (mode & TFFM_NO_GRAD) {
        autograd.flags &= static_cast<uint8_t>(~AutogradState::grad);
    }
}

void tffm_leave(const tffm_saved_mode *saved) {
    AutogradState::get_tls_state().flags = saved->flags;
    c10::impl::raw_local_dispatch_key_set = {saved->included, saved->excluded};
}
