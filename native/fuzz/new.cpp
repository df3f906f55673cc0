/* Where there is no memory AddressSanitizer's operator new ends the process; the real one throws. */
#include <new>

void *operator new(std::size_t size) {
    if (void *made = operator new(size, std::nothrow)) return made;
    throw std::bad_alloc();
}

void *operator new[](std::size_t size) {
    if (void *made = operator new[](size, std::nothrow)) return made;
    throw std::bad_alloc();
}
