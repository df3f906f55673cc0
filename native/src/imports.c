/*
 * The library's table of imported addresses is written after the system's loader has filled it. Source: the System V
 * ABI, chapters "Dynamic Section" and "Relocation".
 */
#define _GNU_SOURCE
#include "imports.h"

#ifdef __linux__

#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "parallel.h"

/* The library asks once whether it is to check its inputs. The process's environment stays as it is. */
static char *checking_getenv(const char *name) {
    static char on[] = "1";
    return strcmp(name, "AOTI_RUNTIME_CHECK_INPUTS") == 0 ? on : getenv(name);
}

/*
 * In place of __cxa_thread_atexit. The library keeps a text for each thread, whose destructor would keep the library
 * open until the thread ends. Where the text is long, it is lost with the thread.
 */
static int forget_destructor(void (*destructor)(void *), void *object, void *library) {
    (void)destructor;
    (void)object;
    (void)library;
    return 0;
}

static void *replacement(const char *import) {
    const struct {
        const char *name;
        void *address;
    } table[] = {
        {"getenv", (void *)(uintptr_t)checking_getenv},
        {"__cxa_thread_atexit", (void *)(uintptr_t)forget_destructor},
        {"aoti_torch_check", (void *)(uintptr_t)tffm_parallel_check},
        {"aoti_torch_empty_strided", (void *)(uintptr_t)tffm_parallel_empty_strided},
        {"aoti_torch_item_int64", (void *)(uintptr_t)tffm_parallel_item_int64},
        {"aoti_torch_item_int32", (void *)(uintptr_t)tffm_parallel_item_int32},
        {"aoti_torch_item_bool", (void *)(uintptr_t)tffm_parallel_item_bool},
        {"GOMP_parallel", (void *)(uintptr_t)tffm_parallel_run},
        {"GOMP_barrier", (void *)(uintptr_t)tffm_parallel_barrier},
        {"_ZSt4cerr", tffm_silent_stream()},
        {"_ZSt4cout", tffm_silent_stream()},
        {"_ZSt4clog", tffm_silent_stream()},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (strcmp(import, table[i].name) == 0) return table[i].address;
    return NULL;
}

static tffm_status write_address(ElfW(Addr) place, void *address) {
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), start = place & ~(page - 1);
    if (mprotect((void *)start, page, PROT_READ | PROT_WRITE) != 0)
        return tffm_refuse("the table of the library's imports cannot be written");
    *(void **)place = address;
    return TFFM_OK;
}

/* The tables that the loader keeps of the library, by their tags. */
struct tables {
    ElfW(Addr) by_tag[DT_NUM];
};

static tffm_status replace_in(const struct link_map *library, const struct tables *tables, int start, int bytes) {
    const ElfW(Sym) *symbols = (const ElfW(Sym) *)tables->by_tag[DT_SYMTAB];
    const char *names = (const char *)tables->by_tag[DT_STRTAB];
    const ElfW(Rela) *relocations = (const ElfW(Rela) *)tables->by_tag[start];
    for (size_t i = 0; relocations != NULL && i < tables->by_tag[bytes] / sizeof *relocations; i++) {
        size_t symbol = ELF64_R_SYM(relocations[i].r_info);
        if (symbol == 0 || symbols[symbol].st_shndx != SHN_UNDEF) continue;
        void *address = replacement(names + symbols[symbol].st_name);
        if (address != NULL) TFFM_TRY(write_address(library->l_addr + relocations[i].r_offset, address));
    }
    return TFFM_OK;
}

tffm_status tffm_replace_imports(void *library) {
    tffm_parallel_find(library);
    struct link_map *map;
    if (dlinfo(library, RTLD_DI_LINKMAP, &map) != 0) return tffm_refuse("%s", dlerror());
    struct tables tables = {{0}};
    for (const ElfW(Dyn) *entry = map->l_ld; entry->d_tag != DT_NULL; entry++)
        if (entry->d_tag > 0 && entry->d_tag < DT_NUM) tables.by_tag[entry->d_tag] = entry->d_un.d_ptr;
    if (tables.by_tag[DT_SYMTAB] == 0 || tables.by_tag[DT_STRTAB] == 0)
        return tffm_refuse("the library has no table of symbols");
    TFFM_TRY(replace_in(map, &tables, DT_RELA, DT_RELASZ));
    return replace_in(map, &tables, DT_JMPREL, DT_PLTRELSZ);
}

#else

tffm_status tffm_replace_imports(void *library) {
    (void)library;
    return tffm_refuse("compiled models run on Linux only");
}

#endif
