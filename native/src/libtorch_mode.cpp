/*
 * A thread's mode is what libtorch's own guards make of a new thread: c10::AutoGradMode and c10::InferenceMode. What
 * the thread was in before, such as Python's no_grad() or autocast(), does not count.
 */
#include "libtorch_mode.h"

#include "libtorch_types.hpp"

using c10::AutogradState;

void tffm_enter(int32_t mode, tffm_saved_mode *saved) {
    AutogradState &autograd = AutogradState::get_tls_state();
    auto &keys = c10::impl::raw_local_dispatch_key_set;
    *saved = {keys.included, keys.excluded, autograd.flags};
    if (mode & TFFM_INFERENCE) {
        autograd.flags = AutogradState::inference | AutogradState::layoutEnforcement;
        keys = {c10::impl::adInplaceOrView, /* included by default: the set bit leaves it out */
                c10::impl::autograd};
    } else {
        autograd.flags = AutogradState::forwardGrad | AutogradState::multithreading |
                         AutogradState::layoutEnforcement | (mode & TFFM_NO_GRAD ? 0 : AutogradState::grad);
        keys = {0, 0};
    }
}

void tffm_leave(const tffm_saved_mode *saved) {
    AutogradState::get_tls_state().flags = saved->flags;
    c10::impl::raw_local_dispatch_key_set = {saved->included, saved->excluded};
}
