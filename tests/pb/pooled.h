/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pooled.h: pools of the descriptors that generated code carries, loaded as a stranger's bytes.
 */
#ifndef TN_TEST_PB_POOLED_H
#define TN_TEST_PB_POOLED_H

#include "reflect.tern.h"
#include "reflect3.tern.h"
#include "support/test.h"
#include "tern/reflect.h"

/* An encoded FileDescriptorSet of the files, in that order. */
static inline tern_bytes set_of(tern_arena *arena, const tern_pb_file *const *files, size_t n)
{
    google_protobuf_FileDescriptorSet *set = google_protobuf_FileDescriptorSet_new(arena);
    for (size_t i = 0; i < n; i++) {
        google_protobuf_FileDescriptorProto **slot =
            tern_pb_append(&set->file, sizeof(*set->file.p), arena);
        assert_non_null(slot);
        *slot = google_protobuf_FileDescriptorProto_decode(
            (tern_bytes){ files[i]->descriptor, files[i]->descriptor_size }, arena, NULL);
        assert_non_null(*slot);
    }
    tern_bytes out;
    assert_int_equal(
        tern_pb_encode(&google_protobuf_FileDescriptorSet_table, set, arena, &out, NULL), TERN_OK);
    return out;
}

/* reflect.proto and reflect3.proto, the importing one first. */
static inline tern_bytes reflect_set(tern_arena *arena)
{
    const tern_pb_file *const files[] = { &reflect_file, &reflect3_file };
    return set_of(arena, files, 2);
}

static inline tern_pb_pool *reflect_pool(void)
{
    tern_error err;
    tern_arena *arena = tern_arena_new(NULL);
    tern_pb_pool *pool = tern_pb_pool_new(NULL, NULL, &err);
    assert_non_null(pool);
    if (tern_pb_pool_add_set(pool, reflect_set(arena), &err) != TERN_OK)
        fail_msg("%s", err.text);
    tern_arena_free(arena);
    return pool;
}

#endif
