/*
 * Compares what the shim's own tffm_enter() and tffm_leave() make of a thread with what libtorch's guards
 * make of it. It is linked with the shim's objects.
 */
#include <cstdio>
#include <cstring>
#include <map>
#include <string>
#include <thread>

#include <c10/core/AutogradState.h>
#include <c10/core/GradMode.h>
#include <c10/core/InferenceMode.h>
#include <c10/core/impl/LocalDispatchKeySet.h>

#ifdef __linux__
#include <link.h>
#endif

#include "libtorch_mode.h"

static int failures = 0;

static void expect(bool holds, const std::string &what) {
    if (holds) return;
    failures++;
    std::printf("differs: %s\n", what.c_str());
}

/*
 * The thread-local variables of libtorch's libraries as they lie in memory, without the c10::AutogradState,
 * some bits of which have no meaning.
 */
static std::string variables() {
    std::string all;
#ifdef __linux__
    const auto append = [](dl_phdr_info *library, size_t, void *to) {
        if (!std::strstr(library->dlpi_name, "/libc10.so") && !std::strstr(library->dlpi_name, "/libtorch_cpu.so"))
            return 0;
        for (int i = 0; i < library->dlpi_phnum; i++) {
            if (library->dlpi_phdr[i].p_type != PT_TLS) continue;
            const char *start = static_cast<const char *>(library->dlpi_tls_data);
            const char *end = start + library->dlpi_phdr[i].p_memsz;
            const char *autograd = reinterpret_cast<const char *>(&c10::AutogradState::get_tls_state());
            std::string bytes(start, end);
            if (start <= autograd && autograd < end) bytes.erase(autograd - start, sizeof(c10::AutogradState));
            *static_cast<std::string *>(to) += bytes;
        }
        return 0;
    };
    dl_iterate_phdr(append, &all);
#endif
    return all;
}

/* What a mode may change of a thread: its parts by their names, and all of its variables. */
struct State {
    std::map<std::string, uint64_t> parts;
    std::string variables;
};

static State state() {
    const auto &autograd = c10::AutogradState::get_tls_state();
    const auto keys = c10::impl::tls_local_dispatch_key_set();
    return {{{"grad mode", autograd.get_grad_mode()},
             {"inference mode", autograd.get_inference_mode()},
             {"forward grad mode", autograd.get_fw_grad_mode()},
             {"multithreading", autograd.get_multithreading_enabled()},
             {"view replay", autograd.get_view_replay_enabled()},
             {"the layout of gradients", autograd.get_grad_layout_enforcement_enabled()},
             {"a graph's group", autograd.get_graph_exec_group().has_value()},
             {"the included keys", keys.included_.raw_repr()},
             {"the excluded keys", keys.excluded_.raw_repr()}},
            variables()};
}

static void compare(const State &found, const State &wanted, const std::string &where) {
    for (const auto &[part, value] : wanted.parts)
        expect(found.parts.at(part) == value, part + " " + where);
    expect(found.variables == wanted.variables, "some thread-local variable " + where);
}

/* What a guard makes of a thread that is in the default state. */
template <typename Guard>
static State stateIn() {
    const Guard guard;
    return state();
}

/* One mode, on a thread that is in some state. */
static void compareMode(int32_t mode, const char *name, const State &wanted, const char *from) {
    const State before = state();
    tffm_saved_mode saved;
    tffm_enter(mode, &saved);
    const State found = state();
    tffm_leave(&saved);
    compare(found, wanted, std::string("in ") + name + " " + from);
    compare(state(), before, std::string("after ") + name + " " + from);
}

struct NoGuard {
    NoGuard() {}
};

static void compareFromEachState() {
    const State record = stateIn<NoGuard>(), noGrad = stateIn<c10::NoGradGuard>(),
                inference = stateIn<c10::InferenceMode>();
    const auto compareModes = [&](const char *from) {
        compareMode(TFFM_RECORD, "TFFM_RECORD", record, from);
        compareMode(TFFM_NO_GRAD, "TFFM_NO_GRAD", noGrad, from);
        compareMode(TFFM_INFERENCE, "TFFM_INFERENCE", inference, from);
        compareMode(TFFM_INFERENCE | TFFM_NO_GRAD, "TFFM_INFERENCE | TFFM_NO_GRAD", inference, from);
    };
    compareModes("from the default");
    {
        const c10::NoGradGuard guard;
        compareModes("from no-grad mode");
    }
    {
        const c10::AutoFwGradMode guard(false);
        compareModes("without forward grad");
    }
    {
        auto &autograd = c10::AutogradState::get_tls_state();
        autograd.set_multithreading_enabled(false);
        autograd.set_view_replay_enabled(true);
        autograd.set_grad_layout_enforcement_enabled(false);
        compareModes("from the other flags");
        autograd.set_multithreading_enabled(true);
        autograd.set_view_replay_enabled(false);
        autograd.set_grad_layout_enforcement_enabled(true);
    }
    {
        const c10::impl::IncludeDispatchKeyGuard guard(c10::DispatchKey::AutocastCPU);
        compareModes("with another key");
    }
    {
        const c10::InferenceMode guard;
        compareModes("from inference mode");
        const c10::InferenceMode normal(false);
        compareModes("from normal mode in inference mode");
    }
    {
        const c10::impl::ExcludeDispatchKeyGuard guard(c10::autograd_dispatch_keyset);
        compareModes("below autograd");
    }
    const State before = state();
    const c10::InferenceMode guard;
#ifdef __linux__
    expect(state().variables != before.variables, "nothing, so the variables are not those of libtorch");
#endif
}

int main() {
    compareFromEachState();
    std::thread(compareFromEachState).join();
    if (failures == 0) std::puts("the modes agree with libtorch's guards");
    return failures != 0;
}
