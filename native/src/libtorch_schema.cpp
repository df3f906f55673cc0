/* Schemas, from libtorch's dispatcher. */
#include "libtorch_schema.h"

#include <cstdlib>
#include <cstring>
#include <locale>
#include <sstream>

#include "libtorch_guard.hpp"

tffm_status tffm_schema(const char *name, const char *overload, char **text) {
    return guarded([&] {
        c10::OperatorHandle found = c10::Dispatcher::realSingleton().findSchemaOrThrow(name, overload);
        std::ostringstream printed;
        printed.imbue(std::locale::classic());
        printed << *reinterpret_cast<const c10::FunctionSchema *>(found.definition + c10::schemaOffset);
        std::string schema = printed.str();
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
