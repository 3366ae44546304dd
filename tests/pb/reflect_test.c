/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reflect_test.c: fields by descriptor, of generated and of dynamic messages: what is set is what is
 * read, presence is that of the field's mode, and misuse is an error that changes nothing.
 */
#include "pb/pooled.h"
#include "support/fail.h"

/* The same tests go over the generated table and over the one of the pool. */
typedef struct world {
    tern_pb_pool *pool;
    tern_arena *arena;
    const tern_pb_table *kinds, *inner;
} world;

static const tern_pb_field *field(const tern_pb_table *table, const char *name)
{
    const tern_pb_field *f = tern_pb_field_named(table, tern_str_of(name));
    assert_non_null(f);
    return f;
}

static void each_world(void (*test)(const world *w))
{
    world w = { reflect_pool(), tern_arena_new(NULL), NULL, NULL };
    w.kinds = tern_pb_pool_message(w.pool, TERN_STR("reflect.Kinds"));
    w.inner = tern_pb_pool_message(w.pool, TERN_STR("reflect.Kinds.Inner"));
    test(&w);
    w.kinds = &reflect_Kinds_table;
    w.inner = &reflect_Kinds_Inner_table;
    test(&w);
    tern_arena_free(w.arena);
    tern_pb_pool_free(w.pool);
}

static bool same(const tern_pb_value *a, const tern_pb_value *b)
{
    if (a->is != b->is)
        return false;
    switch (a->is) {
    case TERN_PB_IS_BOOL: return a->boolean == b->boolean;
    case TERN_PB_IS_STR: return tern_str_equal(a->str, b->str);
    case TERN_PB_IS_BYTES:
        return a->bytes.n == b->bytes.n && memcmp(a->bytes.p, b->bytes.p, a->bytes.n) == 0;
    case TERN_PB_IS_MESSAGE: return a->message.at == b->message.at;
    case TERN_PB_IS_I32:
    case TERN_PB_IS_U32:
    case TERN_PB_IS_FLOAT: return a->u32 == b->u32;
    default: return a->u64 == b->u64;
    }
}

static void singles(const world *w)
{
    tern_error err;
    void *msg = tern_pb_new(w->kinds, w->arena), *inner = tern_pb_new(w->inner, w->arena);
    const struct {
        const char *name;
        tern_pb_value value, zero;
    } rows[] = {
        { "a_bool", tern_pb_bool(true), tern_pb_bool(false) },
        { "a_double", tern_pb_double(2.5), tern_pb_double(0) },
        { "a_float", tern_pb_float(-1.5f), tern_pb_float(0) },
        { "an_int32", tern_pb_i32(-3), tern_pb_i32(0) },
        { "an_int64", tern_pb_i64(INT64_MIN), tern_pb_i64(0) },
        { "a_uint32", tern_pb_u32(UINT32_MAX), tern_pb_u32(0) },
        { "a_uint64", tern_pb_u64(UINT64_MAX), tern_pb_u64(0) },
        { "a_sint32", tern_pb_i32(-1), tern_pb_i32(0) },
        { "a_sint64", tern_pb_i64(-1), tern_pb_i64(0) },
        { "a_fixed32", tern_pb_u32(1), tern_pb_u32(0) },
        { "a_fixed64", tern_pb_u64(1), tern_pb_u64(0) },
        { "a_sfixed32", tern_pb_i32(1), tern_pb_i32(0) },
        { "a_sfixed64", tern_pb_i64(1), tern_pb_i64(0) },
        { "a_string", tern_pb_str(TERN_STR("s")), tern_pb_str(TERN_STR("")) },
        { "some_bytes", tern_pb_bytes((tern_bytes){ (const uint8_t *)"b", 1 }),
          tern_pb_bytes((tern_bytes){ (const uint8_t *)"", 0 }) },
        { "color", tern_pb_i32(-3), tern_pb_i32(0) },
        { "text", tern_pb_str(TERN_STR("t")), tern_pb_str(TERN_STR("")) },
        { "flag", tern_pb_bool(true), tern_pb_bool(false) },
        { "number", tern_pb_double(1), tern_pb_double(0) },
        { "inner", tern_pb_message(w->inner, inner), tern_pb_message(w->inner, NULL) },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const tern_pb_field *f = field(w->kinds, rows[i].name);
        tern_pb_value out;
        assert_false(tern_pb_field_has(w->kinds, msg, f));
        assert_int_equal(tern_pb_field_get(w->kinds, msg, f, &out, &err), TERN_OK);
        assert_true(out.is == rows[i].value.is);
        assert_int_equal(tern_pb_field_set(w->kinds, msg, f, rows[i].value, &err), TERN_OK);
        assert_true(tern_pb_field_has(w->kinds, msg, f));
        assert_int_equal(tern_pb_field_get(w->kinds, msg, f, &out, &err), TERN_OK);
        assert_true(same(&out, &rows[i].value));
        /* A zero is present too, but that an absent message is none. */
        assert_int_equal(tern_pb_field_set(w->kinds, msg, f, rows[i].zero, &err), TERN_OK);
        assert_int_equal(tern_pb_field_has(w->kinds, msg, f),
                         rows[i].zero.is != TERN_PB_IS_MESSAGE);
        assert_int_equal(tern_pb_field_get(w->kinds, msg, f, &out, &err), TERN_OK);
        assert_true(same(&out, &rows[i].zero));
        tern_pb_field_clear(w->kinds, msg, f);
        assert_false(tern_pb_field_has(w->kinds, msg, f));
        /* Every other kind of value is refused. */
        for (size_t k = 0; k < sizeof(rows) / sizeof(rows[0]); k++)
            if (rows[k].value.is != rows[i].value.is)
                assert_int_equal(tern_pb_field_set(w->kinds, msg, f, rows[k].value, &err),
                                 TERN_INVALID_ARGUMENT);
        assert_false(tern_pb_field_has(w->kinds, msg, f));
    }
}

static void one_value_at_a_time(void **state)
{
    (void)state;
    each_world(singles);
}

static void oneof_and_messages(const world *w)
{
    tern_error err;
    void *msg = tern_pb_new(w->kinds, w->arena);
    const tern_pb_field *text = field(w->kinds, "text"), *inner = field(w->kinds, "inner");
    assert_null(tern_pb_field_which(w->kinds, msg, text));
    assert_int_equal(tern_pb_field_set(w->kinds, msg, text, tern_pb_str((tern_str){ 0 }), &err),
                     TERN_OK);
    assert_ptr_equal(tern_pb_field_which(w->kinds, msg, inner), text);
    void *made = tern_pb_field_need(w->kinds, msg, inner, w->arena, &err);
    assert_non_null(made);
    assert_ptr_equal(tern_pb_field_which(w->kinds, msg, text), inner);
    assert_ptr_equal(tern_pb_field_need(w->kinds, msg, inner, w->arena, &err), made);
    assert_int_equal(tern_pb_field_set(w->kinds, msg, inner, tern_pb_message(w->kinds, msg), &err),
                     TERN_INVALID_ARGUMENT);
    tern_pb_field_clear(w->kinds, msg, text);
    assert_ptr_equal(tern_pb_field_which(w->kinds, msg, text), inner);
    tern_pb_field_clear(w->kinds, msg, inner);
    assert_null(tern_pb_field_which(w->kinds, msg, text));
    assert_null(tern_pb_field_which(w->kinds, msg, field(w->kinds, "a_bool")));
    assert_null(tern_pb_field_need(w->kinds, msg, text, w->arena, &err));
    assert_int_equal(err.code, TERN_INVALID_ARGUMENT);
    void *sub = tern_pb_field_need(w->kinds, msg, field(w->kinds, "sub"), w->arena, &err);
    assert_true(tern_pb_field_has(w->kinds, msg, field(w->kinds, "sub")));
    assert_ptr_not_equal(sub, msg);
}

static void oneofs_and_messages(void **state)
{
    (void)state;
    each_world(oneof_and_messages);
}

static void repeated(const world *w)
{
    tern_error err;
    tern_pb_value v;
    void *msg = tern_pb_new(w->kinds, w->arena);
    const tern_pb_field *packed = field(w->kinds, "packed"), *strings = field(w->kinds, "strings"),
                        *subs = field(w->kinds, "subs"), *bools = field(w->kinds, "bools");
    for (int i = 0; i < 20; i++) {
        assert_int_equal(tern_pb_field_add(w->kinds, msg, packed, tern_pb_i32(i), w->arena, &err),
                         TERN_OK);
        assert_int_equal(
            tern_pb_field_add(w->kinds, msg, strings, tern_pb_str(TERN_STR("x")), w->arena, &err),
            TERN_OK);
        assert_int_equal(
            tern_pb_field_add(w->kinds, msg, bools, tern_pb_bool(i % 2), w->arena, &err), TERN_OK);
        assert_int_equal(
            tern_pb_field_add(w->kinds, msg, subs,
                              tern_pb_message(w->kinds, tern_pb_new(w->kinds, w->arena)), w->arena,
                              &err),
            TERN_OK);
    }
    assert_int_equal(tern_pb_field_count(w->kinds, msg, packed), 20);
    assert_int_equal(tern_pb_field_at(w->kinds, msg, packed, 7, &v, &err), TERN_OK);
    assert_true(v.is == TERN_PB_IS_I32 && v.i32 == 7);
    assert_int_equal(tern_pb_field_at(w->kinds, msg, bools, 7, &v, &err), TERN_OK);
    assert_true(v.is == TERN_PB_IS_BOOL && v.boolean);
    assert_int_equal(tern_pb_field_set_at(w->kinds, msg, packed, 7, tern_pb_i32(-7), &err),
                     TERN_OK);
    assert_int_equal(tern_pb_field_at(w->kinds, msg, packed, 7, &v, &err), TERN_OK);
    assert_int_equal(v.i32, -7);
    assert_int_equal(tern_pb_field_at(w->kinds, msg, packed, 20, &v, &err), TERN_INVALID_ARGUMENT);
    assert_int_equal(tern_pb_field_at(w->kinds, msg, packed, SIZE_MAX, &v, &err),
                     TERN_INVALID_ARGUMENT);
    assert_int_equal(tern_pb_field_set_at(w->kinds, msg, packed, 20, tern_pb_i32(1), &err),
                     TERN_INVALID_ARGUMENT);
    assert_int_equal(tern_pb_field_set_at(w->kinds, msg, packed, 1, tern_pb_i64(1), &err),
                     TERN_INVALID_ARGUMENT);
    assert_int_equal(
        tern_pb_field_add(w->kinds, msg, packed, tern_pb_str(TERN_STR("")), w->arena, &err),
        TERN_INVALID_ARGUMENT);
    assert_int_equal(
        tern_pb_field_add(w->kinds, msg, subs, tern_pb_message(w->kinds, NULL), w->arena, &err),
        TERN_INVALID_ARGUMENT);
    assert_int_equal(tern_pb_field_get(w->kinds, msg, packed, &v, &err), TERN_INVALID_ARGUMENT);
    assert_int_equal(tern_pb_field_set(w->kinds, msg, packed, tern_pb_i32(1), &err),
                     TERN_INVALID_ARGUMENT);
    assert_int_equal(tern_pb_field_add(w->kinds, msg, field(w->kinds, "an_int32"), tern_pb_i32(1),
                                       w->arena, &err),
                     TERN_INVALID_ARGUMENT);
    assert_non_null(strstr(err.text, "reflect.Kinds.an_int32"));
    assert_int_equal(tern_pb_field_count(w->kinds, msg, packed), 20);
    tern_pb_field_clear(w->kinds, msg, packed);
    assert_int_equal(tern_pb_field_count(w->kinds, msg, packed), 0);
}

static void repeated_fields(void **state)
{
    (void)state;
    each_world(repeated);
}

static void map(const world *w)
{
    tern_error err;
    tern_pb_value k, v;
    void *msg = tern_pb_new(w->kinds, w->arena);
    const tern_pb_field *by_number = field(w->kinds, "by_number"),
                        *inners = field(w->kinds, "inners"), *by_bool = field(w->kinds, "by_bool");
    for (int64_t i = 0; i < 50; i++)
        assert_int_equal(tern_pb_field_put(w->kinds, msg, by_number, tern_pb_i64(i * i),
                                           tern_pb_i32((int32_t)i), w->arena, &err),
                         TERN_OK);
    assert_int_equal(tern_pb_field_count(w->kinds, msg, by_number), 50);
    assert_int_equal(tern_pb_field_lookup(w->kinds, msg, by_number, tern_pb_i64(49), &v, &err),
                     TERN_OK);
    assert_true(v.is == TERN_PB_IS_I32 && v.i32 == 7);
    assert_int_equal(tern_pb_field_lookup(w->kinds, msg, by_number, tern_pb_i64(50), &v, &err),
                     TERN_NOT_FOUND);
    assert_int_equal(tern_pb_field_lookup(w->kinds, msg, by_number, tern_pb_i32(49), &v, &err),
                     TERN_INVALID_ARGUMENT);
    assert_int_equal(tern_pb_field_delete(w->kinds, msg, by_number, tern_pb_i64(49), &err),
                     TERN_OK);
    assert_int_equal(tern_pb_field_delete(w->kinds, msg, by_number, tern_pb_i64(49), &err),
                     TERN_NOT_FOUND);
    int64_t sum = 0;
    for (size_t i = 0; i < tern_pb_field_count(w->kinds, msg, by_number); i++) {
        assert_int_equal(tern_pb_field_entry(w->kinds, msg, by_number, i, &k, &v, &err), TERN_OK);
        assert_true(k.is == TERN_PB_IS_I64 && k.i64 == (int64_t)v.i32 * v.i32);
        sum += v.i32;
    }
    assert_int_equal(sum, 49 * 50 / 2 - 7);
    assert_int_equal(tern_pb_field_entry(w->kinds, msg, by_number, 49, &k, &v, &err),
                     TERN_INVALID_ARGUMENT);
    void *inner = tern_pb_new(w->inner, w->arena);
    assert_int_equal(tern_pb_field_put(w->kinds, msg, inners, tern_pb_str(TERN_STR("a")),
                                       tern_pb_message(w->inner, inner), w->arena, &err),
                     TERN_OK);
    assert_int_equal(tern_pb_field_put(w->kinds, msg, inners, tern_pb_str(TERN_STR("b")),
                                       tern_pb_message(w->inner, NULL), w->arena, &err),
                     TERN_INVALID_ARGUMENT);
    assert_int_equal(
        tern_pb_field_lookup(w->kinds, msg, inners, tern_pb_str(TERN_STR("a")), &v, &err), TERN_OK);
    assert_ptr_equal(v.message.at, inner);
    assert_int_equal(tern_pb_field_put(w->kinds, msg, by_bool, tern_pb_bool(true),
                                       tern_pb_bytes((tern_bytes){ 0 }), w->arena, &err),
                     TERN_OK);
    assert_int_equal(tern_pb_field_lookup(w->kinds, msg, by_bool, tern_pb_bool(true), &v, &err),
                     TERN_OK);
    assert_int_equal(tern_pb_field_put(w->kinds, msg, field(w->kinds, "packed"), tern_pb_i32(1),
                                       tern_pb_i32(1), w->arena, &err),
                     TERN_INVALID_ARGUMENT);
    assert_int_equal(tern_pb_field_at(w->kinds, msg, inners, 0, &v, &err), TERN_INVALID_ARGUMENT);
    assert_int_equal(tern_pb_field_get(w->kinds, msg, inners, &v, &err), TERN_INVALID_ARGUMENT);
}

static void maps(void **state)
{
    (void)state;
    each_world(map);
}

static void strangers(const world *w)
{
    tern_error err;
    tern_pb_value v = tern_pb_i32(1);
    void *msg = tern_pb_new(w->kinds, w->arena);
    const tern_pb_field *const others[] = { NULL, reflect_Holder_table.fields,
                                            w->kinds->fields + w->kinds->field_count };
    for (size_t i = 0; i < 3; i++) {
        const tern_pb_field *f = others[i];
        assert_int_equal(tern_pb_field_get(w->kinds, msg, f, &v, &err), TERN_INVALID_ARGUMENT);
        assert_int_equal(tern_pb_field_set(w->kinds, msg, f, v, &err), TERN_INVALID_ARGUMENT);
        assert_int_equal(tern_pb_field_at(w->kinds, msg, f, 0, &v, &err), TERN_INVALID_ARGUMENT);
        assert_int_equal(tern_pb_field_add(w->kinds, msg, f, v, w->arena, &err),
                         TERN_INVALID_ARGUMENT);
        assert_int_equal(tern_pb_field_put(w->kinds, msg, f, v, v, w->arena, NULL),
                         TERN_INVALID_ARGUMENT);
        assert_int_equal(tern_pb_field_count(w->kinds, msg, f), 0);
        assert_false(tern_pb_field_has(w->kinds, msg, f));
        assert_null(tern_pb_field_which(w->kinds, msg, f));
        tern_pb_field_clear(w->kinds, msg, f);
        assert_null(tern_pb_pool_field_proto(w->pool, w->kinds, f));
    }
    tern_pb_value nothing = { .is = TERN_PB_IS_NOTHING };
    assert_int_equal(tern_pb_field_set(w->kinds, msg, field(w->kinds, "a_bool"), nothing, &err),
                     TERN_INVALID_ARGUMENT);
    nothing.is = (tern_pb_is)99;
    assert_int_equal(tern_pb_field_set(w->kinds, msg, field(w->kinds, "a_bool"), nothing, &err),
                     TERN_INVALID_ARGUMENT);
}

static void fields_of_others_are_refused(void **state)
{
    (void)state;
    each_world(strangers);
}

/* Fields by number, extensions, and what is unknown, in a message that came as bytes. */
static void what_is_there_is_gone_through(void **state)
{
    (void)state;
    tern_error err;
    tern_pb_pool *pool = reflect_pool();
    tern_arena *arena = tern_arena_new(NULL);
    const tern_pb_table *t = tern_pb_pool_message(pool, TERN_STR("reflect.Kinds"));
    /* 4: 5; 100 (more): 7; 102 (inner_more): { 1: 2 }; unknown 99: 8, 98: "ab", 97: group { 1: 3 },
     * 96 and 95: fixed; an_int32 is known and stands first. */
    const uint8_t bytes[] = { 0x20, 5, 0xa0, 6,   7,    0xb2, 6, 2, 8,    2, 0x98, 6, 8, 0x92,
                              6,    2, 'a',  'b', 0x8b, 6,    8, 3, 0x8c, 6, 0x85, 6, 1, 0,
                              0,    0, 0xf9, 5,   2,    0,    0, 0, 0,    0, 0,    0 };
    tern_pb_decode_opts opts;
    tern_pb_decode_opts_init(&opts);
    opts.registry = tern_pb_pool_registry(pool);
    void *msg = tern_pb_new(t, arena);
    assert_int_equal(
        tern_pb_decode(t, msg, (tern_bytes){ bytes, sizeof(bytes) }, arena, &opts, &err), TERN_OK);
    static const char *const expected[] = { "an_int32", "more", "inner_more" };
    tern_pb_each each = { 0 };
    for (size_t i = 0; i < 3; i++) {
        assert_true(tern_pb_each_next(t, msg, &each));
        assert_string_equal(tern_pb_field_name(each.table, each.field), expected[i]);
        assert_int_equal(each.extension != NULL, i > 0);
        tern_pb_value v;
        assert_int_equal(tern_pb_field_get(each.table, each.msg, each.field, &v, &err), TERN_OK);
        assert_true(i == 2 ? v.is == TERN_PB_IS_MESSAGE : v.i32 == (i ? 7 : 5));
    }
    assert_string_equal(tern_pb_field_json_name(each.table, each.field), "[reflect.inner_more]");
    assert_false(tern_pb_each_next(t, msg, &each));
    assert_false(tern_pb_each_next(t, msg, &each));
    tern_pb_each_unknown u = { 0 };
    const struct {
        uint32_t number, wire;
        uint64_t value;
        size_t n;
    } unknown[] = {
        { 99, 0, 8, 0 }, { 98, 2, 0, 2 }, { 97, 3, 0, 2 }, { 96, 5, 1, 0 }, { 95, 1, 2, 0 }
    };
    for (size_t i = 0; i < 5; i++) {
        assert_true(tern_pb_each_unknown_next(t, msg, &u));
        assert_int_equal(u.number, unknown[i].number);
        assert_int_equal(u.wire, unknown[i].wire);
        assert_int_equal(u.value, unknown[i].value);
        assert_int_equal(u.bytes.n, unknown[i].n);
    }
    assert_false(tern_pb_each_unknown_next(t, msg, &u));
    tern_arena_free(arena);
    tern_pb_pool_free(pool);
}

static void extensions_are_fields_of_their_holder(void **state)
{
    (void)state;
    tern_error err;
    tern_arena *arena = tern_arena_new(NULL);
    reflect_Kinds k = { 0 };
    tern_pb_value v;
    assert_null(tern_pb_extension_holder_of(&reflect_more, &k));
    void *holder = tern_pb_extension_holder_need(&reflect_more, &k, arena);
    const tern_pb_table *t = reflect_more.holder;
    assert_int_equal(tern_pb_field_set(t, holder, t->fields, tern_pb_i32(0), &err), TERN_OK);
    assert_ptr_equal(tern_pb_extension_holder_of(&reflect_more, &k), holder);
    assert_int_equal(tern_pb_field_get(t, holder, t->fields, &v, &err), TERN_OK);
    assert_true(v.is == TERN_PB_IS_I32 && v.i32 == 0);
    tern_arena_free(arena);
}

static void descriptors_say_what_a_field_is(void **state)
{
    (void)state;
    tern_pb_pool *pool = reflect_pool();
    const tern_pb_table *t = tern_pb_pool_message(pool, TERN_STR("reflect.Kinds"));
    const tern_pb_field *f = tern_pb_field_named(t, TERN_STR("color"));
    assert_int_equal(tern_pb_field_type(f), TERN_PB_ENUM);
    assert_string_equal(tern_pb_field_enum(t, f)->full_name, "reflect.Color");
    assert_string_equal(tern_pb_field_enum(t, f)->names +
                            tern_pb_enum_value_numbered(tern_pb_field_enum(t, f), 5)->name,
                        "BLUE");
    assert_null(tern_pb_field_message(t, f));
    assert_ptr_equal(tern_pb_field_numbered(t, 16), f);
    assert_null(tern_pb_field_numbered(t, 0));
    assert_null(tern_pb_field_numbered(t, 20));
    assert_ptr_equal(tern_pb_field_json_named(t, TERN_STR("other")),
                     tern_pb_field_named(t, TERN_STR("renamed")));
    assert_string_equal(tern_pb_field_json_name(t, f), "color");
    f = tern_pb_field_named(t, TERN_STR("inners"));
    assert_int_equal(tern_pb_field_mode(f), TERN_PB_MAP);
    assert_string_equal(tern_pb_field_message(t, f)->full_name, "reflect.Kinds.InnersEntry");
    f = tern_pb_field_named(t, TERN_STR("pair"));
    assert_int_equal(tern_pb_field_type(f), TERN_PB_GROUP);
    assert_string_equal(
        tern_pb_pool_oneof_proto(pool, t, tern_pb_field_named(t, TERN_STR("flag")))->name.p,
        "choice");
    assert_null(tern_pb_pool_oneof_proto(pool, t, f));
    const tern_pb_table *three = tern_pb_pool_message(pool, TERN_STR("reflect3.Three"));
    assert_null(
        tern_pb_pool_oneof_proto(pool, three, tern_pb_field_named(three, TERN_STR("title"))));
    assert_int_equal(tern_pb_field_mode(tern_pb_field_named(three, TERN_STR("title"))),
                     TERN_PB_EXPLICIT);
    tern_pb_pool_free(pool);
}

static bool grow_without_memory(tn_failing_env *f, void *user)
{
    (void)user;
    tern_error err;
    const tern_pb_table *t = &reflect_Kinds_table;
    tern_arena *arena = tern_arena_new(&f->env);
    if (!arena)
        return false;
    reflect_Kinds k = { 0 };
    bool ok = true;
    for (int i = 0; i < 2000 && ok; i++) {
        const size_t before = k.packed.n + k.by_number.n;
        ok = tern_pb_field_add(t, &k, field(t, "packed"), tern_pb_i32(i), arena, &err) == TERN_OK &&
             tern_pb_field_put(t, &k, field(t, "by_number"), tern_pb_i64(i), tern_pb_i32(i), arena,
                               &err) == TERN_OK &&
             tern_pb_field_need(t, &k, field(t, "sub"), arena, &err) != NULL;
        assert_true(ok || err.code == TERN_RESOURCE_EXHAUSTED);
        assert_true(k.packed.n + k.by_number.n >= before);
    }
    tern_arena_free(arena);
    return ok;
}

static void no_memory_is_an_error(void **state)
{
    (void)state;
    assert_true(tn_fail_each(grow_without_memory, NULL) > 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_value_at_a_time),
        cmocka_unit_test(oneofs_and_messages),
        cmocka_unit_test(repeated_fields),
        cmocka_unit_test(maps),
        cmocka_unit_test(fields_of_others_are_refused),
        cmocka_unit_test(what_is_there_is_gone_through),
        cmocka_unit_test(extensions_are_fields_of_their_holder),
        cmocka_unit_test(descriptors_say_what_a_field_is),
        cmocka_unit_test(no_memory_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
