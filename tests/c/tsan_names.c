/* Names that newer ThreadSanitizers have and GCC's does not: what LLVM puts in place of the C library's functions. Here they call
 * those, which ThreadSanitizer watches. Linked into tests that run with a libnpe built by nightly Rust (tests/hard/sanitizers.sh). */
#include <string.h>

void *__tsan_memset(void *to, int byte, size_t size);
void *__tsan_memcpy(void *to, const void *from, size_t size);
void *__tsan_memmove(void *to, const void *from, size_t size);

void *__tsan_memset(void *to, int byte, size_t size) {
    return memset(to, byte, size);
}

void *__tsan_memcpy(void *to, const void *from, size_t size) {
    return memcpy(to, from, size);
}

void *__tsan_memmove(void *to, const void *from, size_t size) {
    return memmove(to, from, size);
}
