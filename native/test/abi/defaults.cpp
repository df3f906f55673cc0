/*
 * Reads the schema of every operator of libtorch, and compares each default with libtorch's own value. It is linked
 * with the shim's reader of schemas.
 */
#include <ATen/core/dispatch/Dispatcher.h>

#include <cstdio>
#include <cstdlib>
#include <memory>

extern "C" {
#include "schema.h"
}
#include "libtorch_schema.h"

static int count = 0, failures = 0;

static bool isValue(const c10::IValue &real, const tffm_value &read, int64_t fixed);

/* One number may stand for a list of a fixed length, which libtorch has repeated. */
template <typename List>
static bool isList(const List &real, const tffm_value &read, int64_t fixed) {
    if (read.kind == TFFM_INT || read.kind == TFFM_FLOAT) {
        for (const auto &element : real)
            if (!isValue(element, read, 0)) return false;
        return static_cast<int64_t>(real.size()) == fixed;
    }
    if (read.kind < TFFM_INT_LIST || read.kind > TFFM_BOOLEAN_LIST || read.count != static_cast<int64_t>(real.size()))
        return false;
    for (std::size_t i = 0; i < real.size(); i++)
        if (!isValue(real[i], read.as.list[i], 0)) return false;
    return true;
}

static bool isValue(const c10::IValue &real, const tffm_value &read, int64_t fixed) {
    if (real.isNone()) return read.kind == TFFM_NONE;
    if (real.isBool()) return read.kind == TFFM_BOOLEAN && (read.as.integer != 0) == real.toBool();
    if (real.isInt()) return (read.kind == TFFM_INT || read.kind == TFFM_DTYPE) && read.as.integer == real.toInt();
    if (real.isDouble()) return read.kind == TFFM_FLOAT && read.as.real == real.toDouble();
    if (real.isString()) return read.kind == TFFM_STRING && real.toStringRef() == read.as.string;
    if (real.isIntList()) return isList(real.toIntVector(), read, fixed);
    if (real.isDoubleList()) return isList(real.toDoubleVector(), read, fixed);
    return false;
}

static void compare(const c10::OperatorName &name, const c10::FunctionSchema &real) {
    char *text = nullptr;
    auto schema = std::make_unique<struct tffm_schema>();
    if (tffm_schema(name.name.c_str(), name.overload_name.c_str(), &text) != TFFM_OK ||
        tffm_read_schema(text, schema.get()) != TFFM_OK ||
        schema->argument_count != static_cast<int64_t>(real.arguments().size())) {
        failures++;
        std::printf("not read: %s.%s\n", name.name.c_str(), name.overload_name.c_str());
    } else {
        for (std::size_t i = 0; i < real.arguments().size(); i++) {
            const c10::Argument &argument = real.arguments()[i];
            const tffm_slot &slot = schema->arguments[i];
            if (argument.default_value()) count++;
            if (slot.has_default == argument.default_value().has_value() &&
                (!slot.has_default || isValue(*argument.default_value(), slot.default_value, slot.fixed)))
                continue;
            failures++;
            std::printf("%s.%s: the default of %s\n", name.name.c_str(), name.overload_name.c_str(),
                        argument.name().c_str());
        }
    }
    std::free(text);
}

int main() {
    for (const c10::OperatorName &name : c10::Dispatcher::singleton().getAllOpNames()) {
        auto found = c10::Dispatcher::singleton().findSchema(name);
        if (found && name.name.rfind("aten::", 0) == 0) compare(name, found->schema());
    }
    if (failures == 0) std::printf("the %d defaults of schemas agree with libtorch's\n", count);
    return failures != 0;
}
