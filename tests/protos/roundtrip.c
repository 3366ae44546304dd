/* SPDX-License-Identifier: Apache-2.0 */
/*
 * roundtrip.c: messages of every type of some .proto files, filled at random by their tables, go
 * through the binary codec, text format and JSON and come back equal. scripts/protos makes `files`, all
 * files that it generated code for.
 *
 * JSON is asked for but may be refused: not every Timestamp, FieldMask, Any or Value has a form in it.
 */
#include "pb/table.h"
#include "support/seed.h"
#include "tern/json.h"
#include "tern/reflect.h"
#include "tern/text.h"
#include <stdio.h>
#include <stdlib.h>

extern const tern_pb_file *const files[];
extern const size_t file_count;

enum { ROUNDS = 16, MOST_MESSAGES = 60 };

/* Messages that are still to be filled. */
typedef struct todo {
    const tern_pb_table *table;
    void *msg;
} todo;

typedef struct maker {
    tn_seed seed;
    tern_arena *arena;
    todo list[MOST_MESSAGES];
    size_t count;
} maker;

static unsigned long messages, json_refused;

static void fail(const char *what, const tern_pb_table *table, const tern_error *err)
{
    fprintf(stderr, "roundtrip: %s: %s: %s\n", table->full_name, what, err ? err->text : "");
    exit(1);
}

static void *must(void *p)
{
    if (!p) {
        fprintf(stderr, "roundtrip: no memory\n");
        exit(1);
    }
    return p;
}

static tern_str random_text(maker *m)
{
    static const char *const texts[] = {
        "",      "a", "h\xc3\xa9llo", "\"quoted\\ text\"\n\t", "a text of more than sixteen bytes",
        "/x.y/z"
    };
    return tern_str_of(texts[tn_seed_below(&m->seed, sizeof(texts) / sizeof(texts[0]))]);
}

static double random_real(maker *m)
{
    static const double reals[] = { 0.0, -0.0, 1.5, -1e30, 65504.0, 0.1, __builtin_inf() };
    return reals[tn_seed_below(&m->seed, sizeof(reals) / sizeof(reals[0]))];
}

static uint64_t random_number(maker *m)
{
    const uint64_t v = tn_seed_next(&m->seed) >> tn_seed_below(&m->seed, 64);
    return v & 1 ? v : 0 - v;
}

static int32_t random_enum(maker *m, const tern_pb_enum *e)
{
    return e->values[tn_seed_below(&m->seed, e->count)].number;
}

/* A new message of the type, to be filled later while there is room. */
static void *random_message(maker *m, const tern_pb_table *table)
{
    void *msg = must(tern_pb_new(table, m->arena));
    if (m->count < MOST_MESSAGES)
        m->list[m->count++] = (todo){ table, msg };
    return msg;
}

static void put_value(maker *m, const tern_pb_table *table, const tern_pb_field *f, void *place)
{
    const tern_pb_type type = tn_pb_type_of(f);
    if (type == TERN_PB_STRING || type == TERN_PB_BYTES) {
        const tern_str text = random_text(m);
        memcpy(place, &text, sizeof(text));
    } else if (type == TERN_PB_MESSAGE || type == TERN_PB_GROUP) {
        void *msg = random_message(m, table->subs[f->sub]);
        memcpy(place, &msg, sizeof(msg));
    } else if (type == TERN_PB_DOUBLE) {
        const double real = random_real(m);
        memcpy(place, &real, sizeof(real));
    } else if (type == TERN_PB_FLOAT) {
        const float real = (float)random_real(m);
        memcpy(place, &real, sizeof(real));
    } else {
        uint64_t v = type == TERN_PB_BOOL ? tn_seed_below(&m->seed, 2) : random_number(m);
        if (type == TERN_PB_ENUM || type == TERN_PB_CLOSED_ENUM)
            v = (uint32_t)random_enum(m, table->enums[f->sub]);
        memcpy(place, &v, tn_pb_type_size(type)); /* little-endian, as all that this runs on */
    }
}

static void put_map(maker *m, const tern_pb_table *entry, void *map)
{
    for (uint32_t n = tn_seed_below(&m->seed, 4); n; n--) {
        union {
            tern_str s;
            uint64_t v;
        } key;
        put_value(m, entry, &entry->fields[0], &key);
        char *put = must(tern_pb_map_put(entry, map, &key, m->arena));
        put_value(m, entry, &entry->fields[1], put + entry->fields[1].offset);
    }
}

/* The field, whose member is at place; in msg its presence. */
static void put_field(maker *m, const tern_pb_table *table, const tern_pb_field *f, void *msg,
                      void *place)
{
    switch (tn_pb_mode_of(f)) {
    case TERN_PB_REPEATED:
    case TERN_PB_PACKED:
        for (uint32_t n = tn_seed_below(&m->seed, 4); n; n--)
            put_value(m, table, f,
                      must(tern_pb_append(place, tn_pb_type_size(tn_pb_type_of(f)), m->arena)));
        return;
    case TERN_PB_MAP: put_map(m, table->subs[f->sub], place); return;
    case TERN_PB_ONEOF: *tn_pb_which(msg, f) = tn_pb_number_of(f); break;
    case TERN_PB_EXPLICIT:
        if (tn_pb_type_packs(tn_pb_type_of(f)))
            tn_pb_has_set(table, msg, f);
        break;
    case TERN_PB_IMPLICIT: break;
    }
    put_value(m, table, f, place);
}

static void put_extensions(maker *m, const tern_pb_table *table, void *msg)
{
    for (size_t i = 0; i < file_count; i++)
        for (size_t k = 0; k < files[i]->extension_count; k++) {
            const tern_pb_extension *x = files[i]->extensions[k];
            if (x->extendee != table || tn_seed_below(&m->seed, 3) != 0)
                continue;
            void *holder = must(tern_pb_extension_put(x, msg, m->arena));
            put_field(m, x->holder, &x->holder->fields[0], holder, holder);
        }
}

static void fill(maker *m, const tern_pb_table *table, void *msg)
{
    for (size_t i = 0; i < table->field_count; i++) {
        const tern_pb_field *f = &table->fields[i];
        if (!(f->flags & TERN_PB_REQUIRED) && tn_seed_below(&m->seed, 3) != 0)
            continue;
        put_field(m, table, f, msg, (char *)msg + f->offset);
    }
    if (table->flags & TERN_PB_EXTENDABLE)
        put_extensions(m, table, msg);
}

static void *random_whole(maker *m, const tern_pb_table *table)
{
    m->count = 0;
    void *msg = random_message(m, table);
    for (size_t i = 0; i < m->count; i++)
        fill(m, m->list[i].table, m->list[i].msg);
    return msg;
}

/* ---- what is done with each -------------------------------------------------------------------- */

static tern_bytes encoded(const tern_pb_table *table, const void *msg, tern_arena *arena)
{
    tern_error err;
    tern_bytes out;
    /* A message that there was no room to fill may lack required fields. */
    if (tern_pb_encode_with(table, msg, arena,
                            TERN_PB_ENCODE_OPTS(.deterministic = true, .partial = true), &out,
                            &err) != TERN_OK)
        fail("does not encode", table, &err);
    return out;
}

static void check_binary(const tern_pb_table *table, const void *msg, const tern_pb_registry *reg,
                         tern_arena *arena)
{
    tern_error err;
    const tern_bytes bytes = encoded(table, msg, arena);
    void *back = must(tern_pb_new(table, arena));
    if (tern_pb_decode(table, back, bytes, arena,
                       TERN_PB_DECODE_OPTS(.partial = true, .registry = reg), &err) != TERN_OK)
        fail("does not decode", table, &err);
    if (!tern_pb_equal(table, msg, back))
        fail("is another when decoded", table, NULL);
    const tern_bytes again = encoded(table, back, arena);
    if (again.n != bytes.n || (bytes.n && memcmp(again.p, bytes.p, bytes.n) != 0))
        fail("has other bytes when encoded again", table, NULL);
    size_t size = 0;
    if (tern_pb_size(table, msg, &size, &err) != TERN_OK || size != bytes.n)
        fail("has another size", table, NULL);
    const void *copy = tern_pb_copy(table, msg, arena, &err);
    if (!copy || !tern_pb_equal(table, msg, copy))
        fail("is another when copied", table, &err);
}

static void check_text(const tern_pb_table *table, const void *msg, const tern_pb_registry *reg,
                       tern_arena *arena)
{
    tern_error err;
    tern_str text;
    if (tern_text_print(table, msg, arena, TERN_TEXT_PRINT_OPTS(.registry = reg), &text, &err) !=
        TERN_OK)
        fail("has no text", table, &err);
    void *back = must(tern_pb_new(table, arena));
    const tern_code code =
        tern_text_parse(table, back, text, arena, TERN_TEXT_PARSE_OPTS(.registry = reg), &err);
    /* The one error that is right: a required field that nobody filled in. */
    if (code != TERN_OK && !(table->flags & TERN_PB_HAS_REQUIRED))
        fail("does not come back from its text", table, &err);
    if (code == TERN_OK && !tern_pb_equal(table, msg, back))
        fail("is another when it comes from its text", table, NULL);
}

static void check_json(const tern_pb_table *table, const void *msg, const tern_pb_registry *reg,
                       tern_arena *arena)
{
    tern_error err;
    tern_str json;
    if (tern_json_print(table, msg, arena, TERN_JSON_PRINT_OPTS(.registry = reg), &json, &err) !=
        TERN_OK) {
        json_refused++;
        return;
    }
    void *back = must(tern_pb_new(table, arena));
    const tern_code code =
        tern_json_parse(table, back, json, arena, TERN_JSON_PARSE_OPTS(.registry = reg), &err);
    if (code != TERN_OK && !(table->flags & TERN_PB_HAS_REQUIRED))
        fail("does not come back from its JSON", table, &err);
    if (code == TERN_OK && !tern_pb_equal(table, msg, back))
        fail("is another when it comes from its JSON", table, NULL);
}

static void check_type(const tern_pb_table *table, const tern_pb_registry *reg)
{
    tern_arena *arena = must(tern_arena_new(NULL));
    for (uint64_t round = 0; round < ROUNDS; round++) {
        maker m = { .seed = { 20261120 + round }, .arena = arena };
        const void *msg = random_whole(&m, table);
        check_binary(table, msg, reg, arena);
        check_text(table, msg, reg, arena);
        check_json(table, msg, reg, arena);
        messages++;
        tern_arena_reset(arena);
    }
    tern_arena_free(arena);
}

int main(void)
{
    tern_error err;
    tern_pb_registry *reg = must(tern_pb_registry_new(NULL));
    size_t types = 0;
    for (size_t i = 0; i < file_count; i++)
        if (tern_pb_registry_add_file(reg, files[i], &err) != TERN_OK) {
            fprintf(stderr, "roundtrip: %s: %s\n", files[i]->name, err.text);
            return 1;
        }
    for (size_t i = 0; i < file_count; i++)
        for (size_t k = 0; k < files[i]->message_count; k++)
            if (files[i]->messages[k]->kind != TERN_PB_MAP_ENTRY) {
                check_type(files[i]->messages[k], reg);
                types++;
            }
    tern_pb_registry_free(reg);
    printf(
        "roundtrip: %zu files, %zu types, %lu messages there and back; %lu had no form in JSON\n",
        file_count, types, messages, json_refused);
    return 0;
}
