/* Schemas, from libtorch's dispatcher. */
#include "libtorch_schema.h"

#include <cstdlib>
#include <cstring>
#include <sstream>

#include "libtorch_guard.hpp"

tffm_status tffm_schema(const char *name, const char *overload, char **text) {
    return guarded([&] {
        c10::OperatorHandle found = c10::Dispatcher::realSingleton().findSchemaOrThrow(name, overload);
        std::ostringstream printed;
        printed << *reinterpret_cast<const c10::FunctionSchema *>(found.definition + c10::schemaOffset);
        std::string schema = printed.str();
        *text = static_cast<char *>(std::malloc(schema.size() + 1));
        if (*text == nullptr) return tffm_refuse("there is no memory for the schema of %s", name);
        std::strcpy(*text, schema.c_str());
        return static_cast<tffm_status>(TFFM_OK);
    });
}
