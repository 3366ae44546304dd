/* SPDX-License-Identifier: Apache-2.0 */
/* codec_test.c: messages into chunks with headroom, and back in place. */
#include "rpc/codec.h"

#include "google/protobuf/wrappers.tern.h"
#include "grpc/grpc.h"
#include "support/fail.h"

/* What the gRPC layer would give for these bytes. */
static tn_chunk *received(const tern_env *env, const void *p, size_t n)
{
    tn_chunk *chunk = tn_chunk_new(env, TN_GRPC_HEADROOM, n + TN_GRPC_SLACK);
    if (!chunk)
        return NULL;
    memcpy(tn_chunk_bytes(chunk), p, n);
    chunk->n = n;
    return chunk;
}

static bool there_and_back(tn_failing_env *f, void *user)
{
    (void)user;
    static char text[5000];
    memset(text, 't', sizeof text);
    const google_protobuf_StringValue message = { .value = { text, sizeof text } };
    tn_chunk *sent = NULL, *got = NULL;
    google_protobuf_StringValue *back = NULL;
    tern_error err;
    tern_error_clear(&err);
    tern_arena *arena = tern_arena_new(&f->env);
    tern_code code = TERN_RESOURCE_EXHAUSTED;
    if (arena)
        code =
            tn_rpc_encode(&f->env, &google_protobuf_StringValue_table, &message, NULL, &sent, &err);
    if (code == TERN_OK) {
        assert_true(sent->off >= TN_GRPC_HEADROOM);
        got = received(&f->env, tn_chunk_bytes(sent), sent->n);
        code = got ? tn_rpc_decode(&google_protobuf_StringValue_table, got, arena, 1 << 20,
                                   (void **)&back, &err)
                   : TERN_RESOURCE_EXHAUSTED;
    }
    if (code == TERN_OK)
        assert_true(tern_str_equal(back->value, message.value));
    else
        assert_int_equal(code, TERN_RESOURCE_EXHAUSTED);
    tn_chunk_unref(sent);
    tn_chunk_unref(got);
    tern_arena_free(arena);
    return code == TERN_OK;
}

static void test_there_and_back(void **state)
{
    (void)state;
    assert_true(tn_fail_each(there_and_back, NULL) >= 3);
}

static tern_code decode(const void *p, size_t n, size_t max_bytes, tern_error *err)
{
    tern_arena *arena = tern_arena_new(NULL);
    tn_chunk *chunk = received(tn_env_of(NULL), p, n);
    void *message;
    tern_error_clear(err);
    const tern_code code =
        tn_rpc_decode(&google_protobuf_StringValue_table, chunk, arena, max_bytes, &message, err);
    assert_int_equal(err->code, code);
    tn_chunk_unref(chunk);
    tern_arena_free(arena);
    return code;
}

static void test_what_is_no_message_is_internal_and_names_the_place(void **state)
{
    (void)state;
    tern_error err;
    assert_int_equal(decode("", 0, 100, &err), TERN_OK);
    assert_int_equal(decode("\x0a\x05x", 3, 100, &err), TERN_INTERNAL);
    assert_int_equal(err.origin, TERN_ORIGIN_PEER);
    assert_non_null(strstr(err.text, "StringValue"));
    assert_int_equal(decode("\x0a\x01\xff", 3, 100, &err), TERN_INTERNAL);
    assert_int_equal(decode("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 11, 100, &err),
                     TERN_INTERNAL);
}

static void test_the_budget_is_kept_and_named(void **state)
{
    (void)state;
    tern_error err;
    char unknown[1000];
    for (size_t i = 0; i < sizeof unknown; i += 2)
        unknown[i] = 0x78, unknown[i + 1] = 1;
    assert_int_equal(decode(unknown, sizeof unknown, 100000, &err), TERN_OK);
    assert_int_equal(decode(unknown, sizeof unknown, 1, &err), TERN_RESOURCE_EXHAUSTED);
    assert_non_null(strstr(err.text, "max_decode_bytes"));
}

static void test_what_cannot_be_encoded(void **state)
{
    (void)state;
    tern_error err;
    tern_error_clear(&err);
    const google_protobuf_StringValue bad = { .value = TERN_STR("\xff") };
    tn_chunk *chunk;
    assert_int_equal(tn_rpc_encode(tn_env_of(NULL), &google_protobuf_StringValue_table, &bad, NULL,
                                   &chunk, &err),
                     TERN_INVALID_ARGUMENT);
    assert_null(chunk);
    assert_int_equal(err.origin, TERN_ORIGIN_LOCAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_there_and_back),
        cmocka_unit_test(test_what_is_no_message_is_internal_and_names_the_place),
        cmocka_unit_test(test_the_budget_is_kept_and_named),
        cmocka_unit_test(test_what_cannot_be_encoded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
