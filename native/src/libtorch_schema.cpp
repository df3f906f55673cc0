/* Schemas, from libtorch's dispatcher. */
#include "libtorch_schema.h"

#include <cstdlib>
#include <cstring>
#include <locale>
#include <sstream>

#include "libtorch_guard.hpp"

namespace {

/* No operator of the dispatcher, but called as one. */
constexpr const char *gradName = "torch::autograd::grad";
constexpr const char *gradSchema =
    "torch::autograd::grad(Tensor[] outputs, Tensor[] inputs, Tensor[] grad_outputs, bool? retain_graph=None, "
    "bool create_graph=False, bool allow_unused=False) -> Tensor[]";

std::string schemaOf(const char *name, const char *overload) {
    if (std::strcmp(name, gradName) == 0 && *overload == '\0') return gradSchema;
    c10::OperatorHandle found = c10::Dispatcher::realSingleton().findSchemaOrThrow(name, overload);
    std::ostringstream printed;
    printed.imbue(std::locale::classic());
    printed << *reinterpret_cast<const c10::FunctionSchema *>(found.definition + c10::schemaOffset);
    return printed.str();
}

/* libtorch's text that there is no such operator, with the schemas of the overloads that there are. */
tffm_status unknown(const c10::Error &failure, const char *name) {
    std::string overloads;
    for (const c10::OperatorName &known : c10::Dispatcher::realSingleton().getAllOpNames())
        if (known.name == name) overloads += "\n  " + schemaOf(name, known.overload_name.c_str());
    std::string text = failure.compute_what(false);
    if (!overloads.empty()) text += "\nThe overloads of that name, each with its schema:" + overloads;
    return tffm_fail_torch(text.c_str());
}

}  // namespace

tffm_status tffm_schema(const char *name, const char *overload, char **text) {
    return guarded([&] {
        std::string schema;
        try {
            schema = schemaOf(name, overload);
        } catch (const c10::Error &failure) {
            return unknown(failure, name);
        }
        *text = static_cast<char *>(std::malloc(schema.size() + 1));
        if (*text == nullptr) return tffm_refuse("there is no memory for the schema of %s", name);
        std::strcpy(*text, schema.c_str());
        return static_cast<tffm_status>(TFFM_OK);
    });
}

double tffm_read_real(const char *text, char **end) {
    double real = 0;
    *end = const_cast<char *>(text);
    guarded([&] {
        std::istringstream stream(text);
        stream.imbue(std::locale::classic());
        if (stream >> real) *end += stream.eof() ? std::strlen(text) : static_cast<std::size_t>(stream.tellg());
        return static_cast<tffm_status>(TFFM_OK);
    });
    return real;
}
