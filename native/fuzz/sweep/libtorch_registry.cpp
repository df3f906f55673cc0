/* libtorch's list of operators. The types are mirrors, as in libtorch_types.hpp. */
#include "libtorch_registry.h"

#include <functional>
#include <string>
#include <vector>

namespace c10 {

struct OperatorName {
    std::string name;
    std::string overload;
};

struct Dispatcher {
    static Dispatcher &realSingleton();
    std::vector<OperatorName> getAllOpNames();
};

void SetStackTraceFetcher(std::function<std::string()> fetcher);

}  // namespace c10

void each_operator(void (*take)(const char *name, const char *overload, void *context), void *context) {
    for (const c10::OperatorName &each : c10::Dispatcher::realSingleton().getAllOpNames())
        take(each.name.c_str(), each.overload.c_str(), context);
}

void leave_out_backtraces(void) {
    c10::SetStackTraceFetcher([] { return std::string(); });
}
