/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nghttp2.h: libnghttp2 as a second opinion, loaded when a test runs, so that nothing links to it.
 *
 * A test defines NGHTTP2_FUNCTIONS(X) before the include and calls nghttp2.NAME(...) after
 * nghttp2_load() was true. Without the library or its header, HAVE_NGHTTP2 is 0 or nghttp2_load() false.
 */
#ifndef TN_TEST_NGHTTP2_H
#define TN_TEST_NGHTTP2_H

#if __has_include(<nghttp2/nghttp2.h>)
#define HAVE_NGHTTP2 1
#include <dlfcn.h>
#include <nghttp2/nghttp2.h>
#include <stdbool.h>
#include <string.h>

#define NGHTTP2_POINTER(f) __typeof__(&nghttp2_##f) f;
static struct {
    NGHTTP2_FUNCTIONS(NGHTTP2_POINTER)
} nghttp2;

static inline bool nghttp2_load(void)
{
    void *lib = dlopen("libnghttp2.so.14", RTLD_NOW | RTLD_LOCAL);
    bool ok = lib != NULL;
#define NGHTTP2_LOAD(f)                                                                            \
    if (ok) {                                                                                      \
        void *const p = dlsym(lib, "nghttp2_" #f);                                                 \
        memcpy(&nghttp2.f, &p, sizeof(p));                                                         \
        ok = p != NULL;                                                                            \
    }
    NGHTTP2_FUNCTIONS(NGHTTP2_LOAD)
    return ok;
}
#else
#define HAVE_NGHTTP2 0
#endif

#endif
