/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pool.c: this library's side of the differential test of descriptors. It reads requests from stdin
 * until its end (u32 length, an encoded FileDescriptorProto) and answers each on stdout (u8 accepted,
 * u32 length, the error's text), little-endian. Each file goes to a new pool.
 */
#include "tern/reflect.h"
#include <stdio.h>
#include <stdlib.h>

static bool get(void *p, size_t n)
{
    return fread(p, 1, n, stdin) == n;
}

static void put(bool accepted, const char *text)
{
    const size_t n = strlen(text);
    const uint8_t head[] = { accepted, (uint8_t)n, (uint8_t)(n >> 8), 0, 0 };
    if (fwrite(head, 1, sizeof(head), stdout) != sizeof(head) || fwrite(text, 1, n, stdout) != n ||
        fflush(stdout))
        exit(3);
}

int main(void)
{
    uint8_t head[4];
    while (get(head, sizeof(head))) {
        const size_t n = head[0] | head[1] << 8 | (size_t)head[2] << 16 | (size_t)head[3] << 24;
        uint8_t *p = malloc(n ? n : 1);
        tern_error err;
        tern_pb_pool *pool = tern_pb_pool_new(NULL, NULL, &err);
        if (!p || !pool || !get(p, n))
            return 3;
        const bool accepted = tern_pb_pool_add_file(pool, (tern_bytes){ p, n }, &err) == TERN_OK;
        put(accepted, accepted ? "" : err.text);
        tern_pb_pool_free(pool);
        free(p);
    }
    return 0;
}
