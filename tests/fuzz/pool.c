/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pool.c: a stranger's descriptors are taken whole or leave the pool as it was. The messages that they
 * describe decode, print, parse and are gone through by field, without a fault and within their memory;
 * and the pool takes its own descriptors again.
 *
 * Octet 0: which allocation fails (0: none), as fuzz.h has it; 1: is it a set or a file, and is there a
 * file in the pool before. The rest is descriptors, and then once more what the messages decode.
 */
#include "fuzz.h"
#include "google/protobuf/descriptor.tern.h"
#include "tern/json.h"
#include "tern/reflect.h"
#include "tern/text.h"

enum { MEMORY = 1 << 20 };

static tern_bytes first_file(void)
{
    return (tern_bytes){ google_protobuf_descriptor_file.descriptor,
                         google_protobuf_descriptor_file.descriptor_size };
}

static void check_names(const tern_pb_pool *pool, const tern_pb_table *table)
{
    const tern_pb_symbol s = tern_pb_pool_find(pool, tern_str_of(table->full_name));
    fuzz_check(s.kind == TERN_PB_SYMBOL_MESSAGE && s.message == table);
    fuzz_check(tern_pb_pool_message_proto(pool, table) != NULL);
    for (unsigned i = 0; i < table->field_count; i++) {
        const tern_pb_field *f = &table->fields[i];
        fuzz_check(tern_pb_field_numbered(table, tern_pb_field_number(f)) == f);
        fuzz_check(tern_pb_field_named(table, tern_str_of(tern_pb_field_name(table, f))) == f);
        fuzz_check(tern_pb_pool_field_proto(pool, table, f) != NULL);
    }
}

static void go_through(const tern_pb_pool *pool, const tern_pb_table *table, void *msg)
{
    tern_error err;
    tern_pb_each each = { 0 };
    while (tern_pb_each_next(table, msg, &each)) {
        tern_pb_value key, value;
        const size_t n = tern_pb_field_count(each.table, each.msg, each.field);
        if (tern_pb_field_mode(each.field) == TERN_PB_MAP)
            fuzz_check(tern_pb_field_entry(each.table, each.msg, each.field, n - 1, &key, &value,
                                           &err) == TERN_OK);
        else if (n)
            fuzz_check(tern_pb_field_at(each.table, each.msg, each.field, n - 1, &value, &err) ==
                       TERN_OK);
        else
            fuzz_check(tern_pb_field_get(each.table, each.msg, each.field, &value, &err) ==
                       TERN_OK);
        (void)tern_pb_pool_default(pool, each.table, each.field, &value, &err);
    }
    tern_pb_each_unknown unknown = { 0 };
    while (tern_pb_each_unknown_next(table, msg, &unknown))
        fuzz_check(unknown.number != 0);
}

static void use(const tern_pb_pool *pool, const tern_pb_table *table, tern_bytes in)
{
    tern_error err;
    tern_arena *arena = tern_arena_new(NULL);
    void *msg = arena ? tern_pb_new(table, arena) : NULL;
    tern_pb_decode_opts opts;
    tern_pb_decode_opts_init(&opts);
    opts.registry = tern_pb_pool_registry(pool);
    opts.memory_bytes = MEMORY;
    opts.partial = true;
    fuzz_check(msg != NULL);
    const bool whole = tern_pb_decode(table, msg, in, arena, &opts, &err) == TERN_OK;
    go_through(pool, table, msg);
    const tern_pb_encode_opts partial = { .size = sizeof(partial), .partial = true };
    tern_bytes out;
    tern_str text;
    if (whole) {
        const tern_code code = tern_pb_encode_with(table, msg, arena, &partial, &out, &err);
        fuzz_check(code == TERN_OK || code == TERN_RESOURCE_EXHAUSTED);
        const tern_pb_registry *known = tern_pb_pool_registry(pool);
        if (tern_text_print(table, msg, arena, TERN_TEXT_PRINT_OPTS(.registry = known), &text,
                            &err) == TERN_OK)
            fuzz_check(tern_text_parse(table, tern_pb_new(table, arena), text, arena,
                                       TERN_TEXT_PARSE_OPTS(.registry = known, .partial = true),
                                       &err) == TERN_OK ||
                       err.code != TERN_INVALID_ARGUMENT);
        if (tern_json_print(table, msg, arena, TERN_JSON_PRINT_OPTS(.registry = known), &text,
                            &err) == TERN_OK)
            (void)tern_json_parse(table, tern_pb_new(table, arena), text, arena,
                                  TERN_JSON_PARSE_OPTS(.registry = known, .partial = true), &err);
    }
    tern_arena_free(arena);
}

static void check_file(tern_pb_pool *pool, const tern_pb_file *file, tern_bytes in)
{
    tern_error err;
    for (unsigned i = 0; i < file->message_count; i++)
        check_names(pool, file->messages[i]);
    for (unsigned i = 0; i < file->message_count && i < 8; i++)
        if (file->messages[i]->kind != TERN_PB_MAP_ENTRY)
            use(pool, file->messages[i], in);
    for (unsigned i = 0; i < file->extension_count; i++)
        fuzz_check(tern_pb_pool_extension_proto(pool, file->extensions[i]) != NULL);
    fuzz_check(tern_pb_pool_add_file(pool, (tern_bytes){ file->descriptor, file->descriptor_size },
                                     &err) == TERN_OK);
}

static tern_code add(tern_pb_pool *pool, bool set, tern_bytes in, tern_error *err)
{
    return set ? tern_pb_pool_add_set(pool, in, err) : tern_pb_pool_add_file(pool, in, err);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    if (n < 2)
        return 0;
    tn_failing_env f;
    tern_error err;
    const bool set = p[1] & 1, prepared = p[1] & 2;
    uint8_t *copy = fuzz_copy(p + 2, n - 2);
    const tern_bytes in = { copy, n - 2 };
    fuzz_env(&f, p[0]);
    const uint64_t fail_at = f.fail_at;
    f.fail_at = 0;
    tern_pb_pool *pool = tern_pb_pool_new(
        &f.env, TERN_PB_POOL_OPTS(.memory_bytes = 8 * MEMORY, .max_names = 20000), &err);
    fuzz_check(pool != NULL);
    if (prepared)
        fuzz_check(tern_pb_pool_add_file(pool, first_file(), &err) == TERN_OK);
    size_t before = 0;
    while (tern_pb_pool_file_at(pool, before))
        before++;
    f.fail_at = fail_at ? f.count + fail_at : 0;
    const tern_code code = add(pool, set, in, &err);
    fuzz_check(code == err.code && (code == TERN_OK) == !*err.text);
    f.fail_at = 0;
    if (code != TERN_OK)
        fuzz_check(tern_pb_pool_file_at(pool, before) == NULL);
    for (size_t i = before; tern_pb_pool_file_at(pool, i) && i < before + 8; i++)
        if (strncmp(tern_pb_pool_file_at(pool, i)->name, "google/", 7) != 0)
            check_file(pool, tern_pb_pool_file_at(pool, i), in);
    fuzz_copy_free(copy, n - 2);
    tern_pb_pool_free(pool);
    return 0;
}
