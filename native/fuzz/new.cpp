/* Without memory AddressSanitizer's operator new ends the process; this one throws, as the real one does. */
#include <new>

void *operator new(std::size_t size) {
    if (void *made = operator new(size, std::nothrow)) return made;
    throw std::bad_alloc();
}

void *operator new[](std::size_t size) {
    if (void *made = operator new[](size, std::nothrow)) return made;
    throw std::bad_alloc();
}
