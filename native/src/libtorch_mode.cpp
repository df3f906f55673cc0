/*
 * A thread's mode is what libtorch's own guards make of a new thread: c10::AutoGradMode and c10::InferenceMode. What
 * the thread was in before, such as Python's no_grad() or autocast(), does not count.
 */
#include "libtorch_mode.h"

#include "libtorch_types.hpp"

using c10::AutogradState;
using c10::impl::PODLocalDispatchKeySet;

void tffm_enter(int32_t mode, tffm_saved_mode *saved) {
    AutogradState &autograd = AutogradState::get_tls_state();
    PODLocalDispatchKeySet &keys = c10::impl::raw_local_dispatch_key_set;
    *saved = {&autograd, &keys, keys.included, keys.excluded, autograd.flags};
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
    static_cast<AutogradState *>(saved->autograd)->flags = saved->flags;
    *static_cast<PODLocalDispatchKeySet *>(saved->keys) = {saved->included, saved->excluded};
}
