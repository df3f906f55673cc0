/* What every C++ file needs: exceptions become statuses here, and handles become tensors. */
#ifndef TFFM_LIBTORCH_GUARD_HPP
#define TFFM_LIBTORCH_GUARD_HPP

#include <exception>

#include "error.h"
#include "libtorch_types.hpp"

inline tffm_status failed(const c10::Error &e) noexcept {
    try {
        return tffm_fail_torch(e.compute_what(false).c_str());
    } catch (...) {
        return tffm_fail_torch("libtorch failed, and there was no memory for its text");
    }
}

/* Makes a call that may throw and returns a status. */
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

inline at::Tensor &tensor(tffm_tensor *handle) { return *reinterpret_cast<at::Tensor *>(handle); }

#endif
