/* Reading schemas. */
#include "schema.h"

#include <stdlib.h>
#include <string.h>

#include "libtorch_schema.h"

/* Finds the first of the wanted characters outside brackets and quotes, else the end. */
static char *scan(char *at, const char *wanted) {
    int depth = 0;
    bool quoted = false;
    for (; *at != '\0'; at++) {
        if (*at == '"' || *at == '\'') quoted = !quoted;
        if (quoted && *at == '\\' && at[1] != '\0') at++;
        if (quoted) continue;
        if (depth == 0 && strchr(wanted, *at) != NULL) return at;
        if (*at == '(' || *at == '[') depth++;
        if (*at == ')' || *at == ']') depth--;
    }
    return at;
}

static enum tffm_base base_of(const char *type, size_t length) {
    static const struct { const char *name; enum tffm_base base; } bases[] = {
        {"Tensor", TFFM_OF_TENSOR}, {"int", TFFM_OF_INT},     {"SymInt", TFFM_OF_SYMINT},   {"float", TFFM_OF_FLOAT},
        {"bool", TFFM_OF_BOOL},     {"Scalar", TFFM_OF_SCALAR}, {"str", TFFM_OF_STRING},
        {"ScalarType", TFFM_OF_DTYPE}, {"Layout", TFFM_OF_LAYOUT}, {"MemoryFormat", TFFM_OF_MEMORY_FORMAT},
    };
    for (size_t i = 0; i < sizeof bases / sizeof *bases; i++)
        if (strlen(bases[i].name) == length && strncmp(bases[i].name, type, length) == 0) return bases[i].base;
    return TFFM_OF_OTHER;
}

/* ---- defaults ---- */

/* Reads True, False or a number; end is where it stops. */
static bool read_literal(enum tffm_base base, const char *text, char **end, tffm_value *value) {
    bool truth = strncmp(text, "True", 4) == 0;
    if (truth || strncmp(text, "False", 5) == 0) {
        *value = (tffm_value){.kind = TFFM_BOOLEAN, .as.integer = truth};
        *end = (char *)text + (truth ? 4 : 5);
        return true;
    }
    *value = (tffm_value){.kind = base == TFFM_OF_DTYPE ? TFFM_DTYPE : TFFM_INT, .as.integer = strtoll(text, end, 10)};
    char *real_end;
    double real = tffm_read_real(text, &real_end);
    if (base == TFFM_OF_FLOAT || (base == TFFM_OF_SCALAR && real_end != *end)) {
        *value = (tffm_value){.kind = TFFM_FLOAT, .as.real = real};
        *end = real_end;
    }
    return *end != text;
}

/* Reads a slot's default: None, a string, a literal, or a list of literals. Returns whether it could be read. */
static bool read_default(struct tffm_slot *slot) {
    const char *text = slot->default_text;
    tffm_value *value = &slot->default_value;
    *value = (tffm_value){.kind = TFFM_NONE};
    if (text == NULL) return false;
    if (slot->base == TFFM_OF_STRING && strcmp(text, "None") != 0) {
        *value = (tffm_value){.kind = TFFM_STRING, .as.string = text};
        return true;
    }
    if (strcmp(text, "None") == 0) return true;
    char *end = (char *)text;
    if (*text != '[') return read_literal(slot->base, text, &end, value) && *end == '\0';
    *value = (tffm_value){.kind = TFFM_INT_LIST, .as.list = slot->default_elements};
    for (end++; value->count < TFFM_MAX_DEFAULT &&
                read_literal(slot->base, end, &end, &slot->default_elements[value->count]);
         value->count++)
        end += strspn(end, ", ");
    return strcmp(end, "]") == 0;
}

void tffm_settle_default(struct tffm_slot *slot) {
    if (slot->default_value.kind == TFFM_INT_LIST) slot->default_value.as.list = slot->default_elements;
}

/* ---- slots ---- */

/* Splits "Tensor(a) self=None" into its parts and ends each with a NUL. */
static void split(char *text, struct tffm_slot *slot) {
    slot->type = text;
    char *end = scan(text, " ");
    if (*end == '\0') return;
    *end = '\0';
    slot->name = end + 1;
    char *equals = scan(end + 1, "=");
    if (*equals == '\0') return;
    *equals = '\0';
    slot->default_text = equals + 1;
    if (equals[1] == '"' || equals[1] == '\'') {
        slot->default_text = equals + 2;
        char *to = equals + 2;
        for (const char *from = to; from[0] != '\0' && from[1] != '\0'; from++) { /* up to the last quote */
            if (*from == '\\') from++;
            *to++ = *from;
        }
        *to = '\0';
    }
}

static struct tffm_slot read_slot(char *text) {
    struct tffm_slot slot = {0};
    split(text, &slot);
    size_t length = strcspn(text, "([?");
    slot.base = base_of(text, length);
    bool pending_optional = false;
    for (const char *at = text + length; *at != '\0'; at++) {
        if (*at == '(') {
            for (; *at != ')' && *at != '\0'; at++) slot.written |= *at == '!';
            if (*at == '\0') break;
        } else if (*at == '[') {
            slot.list = true;
            slot.element_optional = pending_optional;
            pending_optional = false;
            slot.fixed = strtoll(at + 1, NULL, 10);
            at = strchr(at, ']');
            if (at == NULL) break;
        } else if (*at == '?') {
            pending_optional = true;
        }
    }
    slot.optional = pending_optional;
    slot.has_default = read_default(&slot);
    slot.parts = slot.name != NULL && (strcmp(slot.name, "chunks") == 0 || strcmp(slot.name, "sections") == 0);
    return slot;
}

/* Reads a comma-separated list of slots; a "*" alone says that keyword arguments follow. */
static tffm_status read_slots(char *text, struct tffm_slot *slots, int64_t *count) {
    bool keyword = false;
    for (*count = 0; *text != '\0';) {
        while (*text == ' ') text++;
        char *end = scan(text, ",");
        bool last = *end == '\0';
        *end = '\0';
        if (strcmp(text, "*") == 0) {
            keyword = true;
        } else {
            if (*count == TFFM_MAX_SLOTS) return tffm_refuse("a schema has more than %d arguments", TFFM_MAX_SLOTS);
            slots[*count] = read_slot(text);
            tffm_settle_default(&slots[*count]);
            slots[(*count)++].keyword = keyword;
        }
        text = last ? end : end + 1;
    }
    return TFFM_OK;
}

tffm_status tffm_read_schema(char *text, struct tffm_schema *schema) {
    char *open = strchr(text, '(');
    char *close = open == NULL ? NULL : scan(open + 1, ")");
    if (close == NULL || strncmp(close, ") -> ", 5) != 0) return tffm_refuse("a schema is not understood: %s", text);
    *close = '\0';
    char *returns = close + 5;
    if (*returns == '(') {
        *scan(++returns, ")") = '\0';
    }
    TFFM_TRY(read_slots(open + 1, schema->arguments, &schema->argument_count));
    return read_slots(returns, schema->returns, &schema->return_count);
}
