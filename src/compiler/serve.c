/* SPDX-License-Identifier: Apache-2.0 */
/*
 * serve.c: one run between two files, as protoc starts a plugin: the request up to the end of the
 * input, then the response. Nothing is written when the run fails.
 */
#include "base/env.h"
#include "compiler/gen.h"

static tern_code read_all(FILE *file, tn_buf *buf, tern_error *err)
{
    enum { STEP = 65536 };
    for (size_t n = STEP; n == STEP;) {
        uint8_t *room = tn_buf_room(buf, STEP);
        if (!room)
            return tern_error_set(err, TERN_RESOURCE_EXHAUSTED, TERN_ORIGIN_LOCAL,
                                  "no memory to read the request");
        n = fread(room, 1, STEP, file);
        tn_buf_wrote(buf, n);
    }
    return ferror(file)
               ? tern_error_set(err, TERN_UNAVAILABLE, TERN_ORIGIN_LOCAL, "cannot read the request")
               : TERN_OK;
}

static tern_code write_all(FILE *file, tern_bytes bytes, tern_error *err)
{
    if (fwrite(bytes.p, 1, bytes.n, file) == bytes.n && fflush(file) == 0)
        return TERN_OK;
    return tern_error_set(err, TERN_UNAVAILABLE, TERN_ORIGIN_LOCAL, "cannot write the response");
}

tern_code tn_gen_serve(FILE *in, FILE *out, tern_error *err)
{
    tern_error_clear(err);
    tn_buf request = tn_buf_of(tn_env_of(NULL));
    tern_bytes response = { NULL, 0 };
    tern_arena *arena = tern_arena_new(NULL);
    tern_code code = arena ? read_all(in, &request, err)
                           : tern_error_set(err, TERN_RESOURCE_EXHAUSTED, TERN_ORIGIN_LOCAL,
                                            "no memory to generate code");
    const tern_bytes bytes = { tn_buf_data(&request), tn_buf_len(&request) };
    if (code == TERN_OK)
        code = tn_gen_run(NULL, bytes, arena, &response, err);
    if (code == TERN_OK)
        code = write_all(out, response, err);
    tern_arena_free(arena);
    tn_buf_free(&request);
    return code;
}
