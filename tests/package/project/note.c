/* SPDX-License-Identifier: Apache-2.0 */
/* Encodes and decodes with tern-core alone. */
#include "note.tern.h"
#include <stdio.h>

int main(void)
{
    int32_t marks[] = { 1, -2, 3 };
    note_Note in = { .text = TERN_STR("on libc alone"), .marks = { marks, 3, 3 } };
    note_Note out = { 0 };
    tern_bytes wire;
    tern_error err;
    tern_arena *arena = tern_arena_new(NULL);
    const bool ok = arena && tern_pb_encode(&note_Note_table, &in, arena, &wire, &err) == TERN_OK &&
                    tern_pb_decode(&note_Note_table, &out, wire, arena, NULL, &err) == TERN_OK;
    if (ok)
        printf("%.*s %d\n", TERN_FMT(out.text), (int)out.marks.p[1]);
    tern_arena_free(arena);
    return !ok;
}
