/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dynamic_test.c: what a pool makes of a descriptor is what the generator makes of it, table by table,
 * and codecs do with a dynamic message what they do with its generated twin.
 */
#include "pb/names.h"
#include "pb/pooled.h"
#include "pb/table.h"
#include "tern/json.h"
#include "tern/text.h"

static void same_names(const tern_pb_table *ours, const tern_pb_table *theirs)
{
    assert_int_equal(ours->name_count, theirs->name_count);
    for (size_t i = 0; i < ours->name_count; i++)
        assert_int_equal(ours->by_name[i], theirs->by_name[i]);
    for (size_t i = 0; i < ours->field_count; i++) {
        const tern_pb_field *a = &ours->fields[i], *b = &theirs->fields[i];
        assert_string_equal(tn_pb_name_of(ours, a), tn_pb_name_of(theirs, b));
        assert_string_equal(tn_pb_json_name_of(ours, a), tn_pb_json_name_of(theirs, b));
    }
}

/* open: theirs keeps numbers without a name in fields of closed enums. */
static void same_table(const tern_pb_table *ours, const tern_pb_table *theirs, bool open)
{
    assert_string_equal(ours->full_name, theirs->full_name);
    assert_int_equal(ours->abi, theirs->abi);
    assert_int_equal(ours->field_count, theirs->field_count);
    assert_int_equal(ours->dense, theirs->dense);
    assert_int_equal(ours->has_offset, theirs->has_offset);
    assert_int_equal(ours->unknown_offset, theirs->unknown_offset);
    assert_int_equal(ours->align, theirs->align);
    assert_int_equal(ours->size, theirs->size);
    assert_int_equal(ours->kind, theirs->kind);
    assert_int_equal(ours->flags, theirs->flags);
    for (size_t i = 0; i < ours->field_count; i++) {
        const tern_pb_field *a = &ours->fields[i], *b = &theirs->fields[i];
        tern_pb_field expected = *b;
        if (open && tn_pb_type_of(a) == TERN_PB_CLOSED_ENUM)
            expected.op = a->op;
        assert_memory_equal(a, &expected, sizeof(*a));
        const tern_pb_type type = tn_pb_type_of(a);
        if (type == TERN_PB_ENUM || type == TERN_PB_CLOSED_ENUM)
            assert_string_equal(ours->enums[a->sub]->full_name, theirs->enums[b->sub]->full_name);
        if (type == TERN_PB_MESSAGE || type == TERN_PB_GROUP)
            assert_string_equal(ours->subs[a->sub]->full_name, theirs->subs[b->sub]->full_name);
    }
    same_names(ours, theirs);
}

static void same_enum(const tern_pb_enum *ours, const tern_pb_enum *theirs)
{
    assert_string_equal(ours->full_name, theirs->full_name);
    assert_int_equal(ours->flags, theirs->flags);
    assert_int_equal(ours->count, theirs->count);
    assert_int_equal(ours->dense, theirs->dense);
    assert_int_equal(ours->default_number, theirs->default_number);
    for (uint32_t i = 0; i < ours->count; i++) {
        assert_int_equal(ours->values[i].number, theirs->values[i].number);
        assert_string_equal(ours->names + ours->values[i].name,
                            theirs->names + theirs->values[i].name);
        assert_int_equal(ours->by_name[i], theirs->by_name[i]);
    }
}

static void same_file(const tern_pb_file *ours, const tern_pb_file *theirs)
{
    assert_ptr_not_equal(ours, theirs);
    assert_string_equal(ours->name, theirs->name);
    assert_int_equal(ours->message_count, theirs->message_count);
    assert_int_equal(ours->enum_count, theirs->enum_count);
    assert_int_equal(ours->extension_count, theirs->extension_count);
    assert_int_equal(ours->import_count, theirs->import_count);
    for (unsigned i = 0; i < ours->message_count; i++) {
        assert_ptr_not_equal(ours->messages[i], theirs->messages[i]);
        assert_ptr_equal(ours->messages[i]->file, ours);
        same_table(ours->messages[i], theirs->messages[i], false);
    }
    for (unsigned i = 0; i < ours->enum_count; i++)
        same_enum(ours->enums[i], theirs->enums[i]);
    for (unsigned i = 0; i < ours->extension_count; i++) {
        assert_string_equal(ours->extensions[i]->extendee->full_name,
                            theirs->extensions[i]->extendee->full_name);
        same_table(ours->extensions[i]->holder, theirs->extensions[i]->holder, false);
    }
    for (unsigned i = 0; i < ours->import_count; i++)
        assert_string_equal(ours->imports[i]->name, theirs->imports[i]->name);
}

static void tables_are_those_of_the_generator(void **state)
{
    (void)state;
    tern_pb_pool *pool = reflect_pool();
    same_file(tern_pb_pool_file(pool, TERN_STR("reflect.proto")), &reflect_file);
    same_file(tern_pb_pool_file(pool, TERN_STR("reflect3.proto")), &reflect3_file);
    tern_pb_pool_free(pool);
}

/* descriptor.proto, whose own tables the generator lets read numbers of enums that are to come. */
static void well_known_tables_too(void **state)
{
    (void)state;
    tern_error err;
    tern_pb_pool *pool = tern_pb_pool_new(NULL, NULL, &err);
    assert_int_equal(tern_pb_pool_add_generated(pool, &google_protobuf_descriptor_file, &err),
                     TERN_OK);
    assert_ptr_equal(tern_pb_pool_message(pool, TERN_STR("google.protobuf.FieldDescriptorProto")),
                     &google_protobuf_FieldDescriptorProto_table);
    tern_pb_pool *other = tern_pb_pool_new(NULL, NULL, &err);
    tern_arena *arena = tern_arena_new(NULL);
    google_protobuf_FileDescriptorProto *proto = google_protobuf_FileDescriptorProto_decode(
        (tern_bytes){ google_protobuf_descriptor_file.descriptor,
                      google_protobuf_descriptor_file.descriptor_size },
        arena, &err);
    google_protobuf_FileDescriptorProto_set_name(proto, TERN_STR("another.proto"));
    tern_bytes bytes;
    assert_int_equal(
        tern_pb_encode(&google_protobuf_FileDescriptorProto_table, proto, arena, &bytes, &err),
        TERN_OK);
    if (tern_pb_pool_add_file(other, bytes, &err) != TERN_OK)
        fail_msg("%s", err.text);
    const tern_pb_file *made = tern_pb_pool_file(other, TERN_STR("another.proto"));
    assert_int_equal(made->message_count, google_protobuf_descriptor_file.message_count);
    for (unsigned i = 0; i < made->message_count; i++)
        same_table(made->messages[i], google_protobuf_descriptor_file.messages[i], true);
    for (unsigned i = 0; i < made->enum_count; i++)
        same_enum(made->enums[i], google_protobuf_descriptor_file.enums[i]);
    tern_arena_free(arena);
    tern_pb_pool_free(other);
    tern_pb_pool_free(pool);
}

/* The descriptor of this very test, as a message: generated and dynamic tables take each other's bytes. */
static void codecs_do_the_same(void **state)
{
    (void)state;
    tern_error err;
    tern_arena *arena = tern_arena_new(NULL);
    tern_pb_pool *pool = reflect_pool();
    const tern_pb_table *type = tern_pb_pool_message(pool, TERN_STR("reflect.Kinds"));
    reflect_Kinds k = { .a_string = TERN_STR("text") };
    reflect_Kinds_set_an_int32(&k, -5);
    reflect_Kinds_Pair pair = { 0 };
    reflect_Kinds_Pair_set_left(&pair, 9);
    k.pair = &pair;
    k.packed.p = (int32_t[]){ 1, -2, 300000 };
    k.packed.n = 3;
    k.strings.p = (tern_str[]){ TERN_STR("a"), TERN_STR("") };
    k.strings.n = 2;
    reflect_Kinds_Inner inner = { 0 };
    reflect_Kinds_Inner_set_x(&inner, 4);
    assert_non_null(tern_pb_extension_put(&reflect_more, &k, arena));
    *(int32_t *)tern_pb_extension_put(&reflect_more, &k, arena) = 17;
    tern_bytes bytes, again;
    assert_int_equal(tern_pb_encode(&reflect_Kinds_table, &k, arena, &bytes, &err), TERN_OK);
    void *msg = tern_pb_new(type, arena);
    tern_pb_decode_opts opts;
    tern_pb_decode_opts_init(&opts);
    opts.registry = tern_pb_pool_registry(pool);
    assert_int_equal(tern_pb_decode(type, msg, bytes, arena, &opts, &err), TERN_OK);
    assert_int_equal(tern_pb_encode(type, msg, arena, &again, &err), TERN_OK);
    assert_int_equal(bytes.n, again.n);
    assert_memory_equal(bytes.p, again.p, bytes.n);
    /* One layout: a dynamic message may be read through the generated struct. */
    const reflect_Kinds *view = msg;
    assert_int_equal(view->an_int32, -5);
    assert_int_equal(view->pair->left, 9);
    assert_string_equal(view->a_string.p, "text");
    const tern_pb_extension *more = tern_pb_pool_extension(pool, TERN_STR("reflect.more"));
    assert_int_equal(*(const int32_t *)tern_pb_extension_get(more, msg), 17);
    tern_arena_free(arena);
    tern_pb_pool_free(pool);
}

/* A message through every form and back, as a dynamic one and as its generated twin. */
static void json_and_text_do_the_same(void **state)
{
    (void)state;
    static const char text[] =
        "a_string: 'x\\n' color: GREEN Pair { left: 3 } packed: [1, 2] subs { flag: true } "
        "inners { key: 'k' value { depth: DEEP } } at { seconds: 60 } three { name: 'n' } "
        "[reflect.more]: 4 [reflect.many]: ['a', 'b'] [reflect.inner_more] { x: 1 }";
    tern_error err;
    tern_arena *arena = tern_arena_new(NULL);
    tern_pb_pool *pool = reflect_pool();
    tern_pb_registry *registry = tern_pb_registry_new(NULL);
    assert_int_equal(tern_pb_registry_add_file(registry, &reflect_file, &err), TERN_OK);
    tern_str texts[2], jsons[2];
    for (int i = 0; i < 2; i++) {
        const tern_pb_table *t =
            i ? tern_pb_pool_message(pool, TERN_STR("reflect.Kinds")) : &reflect_Kinds_table;
        const tern_pb_registry *known = i ? tern_pb_pool_registry(pool) : registry;
        void *msg = tern_pb_new(t, arena), *again = tern_pb_new(t, arena);
        if (tern_text_parse(t, msg, tern_str_of(text), arena,
                            TERN_TEXT_PARSE_OPTS(.registry = known), &err) != TERN_OK ||
            tern_text_print(t, msg, arena, TERN_TEXT_PRINT_OPTS(.registry = known), &texts[i],
                            &err) != TERN_OK ||
            tern_json_print(t, msg, arena, TERN_JSON_PRINT_OPTS(.registry = known), &jsons[i],
                            &err) != TERN_OK ||
            tern_json_parse(t, again, jsons[i], arena, TERN_JSON_PARSE_OPTS(.registry = known),
                            &err) != TERN_OK)
            fail_msg("%s", err.text);
        assert_true(tern_pb_equal(t, msg, again));
    }
    assert_string_equal(texts[0].p, texts[1].p);
    assert_string_equal(jsons[0].p, jsons[1].p);
    assert_non_null(strstr(jsons[1].p, "\"[reflect.more]\":4"));
    tern_pb_registry_free(registry);
    tern_arena_free(arena);
    tern_pb_pool_free(pool);
}

static const tern_pb_field *op_of(const tern_pb_table *t, const char *name, tern_pb_type type,
                                  tern_pb_mode mode)
{
    const tern_pb_field *f = tern_pb_field_named(t, tern_str_of(name));
    assert_non_null(f);
    assert_int_equal(tn_pb_type_of(f), type);
    assert_int_equal(tn_pb_mode_of(f), mode);
    return f;
}

static void editions_decide_how_fields_are_held(void **state)
{
    (void)state;
    static const char text[] =
        "name: 'e.proto' package: 'e' syntax: 'editions' edition: EDITION_2023 "
        "options { features { message_encoding: DELIMITED } }"
        "enum_type { name: 'Closed' options { features { enum_type: CLOSED } }"
        " value { name: 'FIRST' number: 3 } }"
        "enum_type { name: 'Open' value { name: 'NONE' number: 0 } }"
        "message_type { name: 'M'"
        " field { name: 'explicit' number: 1 label: LABEL_OPTIONAL type: TYPE_INT32 }"
        " field { name: 'implicit' number: 2 label: LABEL_OPTIONAL type: TYPE_INT32"
        "  options { features { field_presence: IMPLICIT } } }"
        " field { name: 'needed' number: 3 label: LABEL_OPTIONAL type: TYPE_STRING"
        "  options { features { field_presence: LEGACY_REQUIRED utf8_validation: NONE } } }"
        " field { name: 'packed' number: 4 label: LABEL_REPEATED type: TYPE_INT32 }"
        " field { name: 'expanded' number: 5 label: LABEL_REPEATED type: TYPE_INT32"
        "  options { features { repeated_field_encoding: EXPANDED } } }"
        " field { name: 'group' number: 6 label: LABEL_OPTIONAL type_name: '.e.M' }"
        " field { name: 'prefixed' number: 7 label: LABEL_OPTIONAL type_name: '.e.M'"
        "  options { features { message_encoding: LENGTH_PREFIXED } } }"
        " field { name: 'closed' number: 8 label: LABEL_OPTIONAL type_name: '.e.Closed' }"
        " field { name: 'open' number: 9 label: LABEL_OPTIONAL type_name: '.e.Open' }"
        " field { name: 'map' number: 10 label: LABEL_REPEATED type_name: '.e.M.MapEntry' }"
        " nested_type { name: 'MapEntry' options { map_entry: true }"
        "  field { name: 'key' number: 1 label: LABEL_OPTIONAL type: TYPE_INT32 }"
        "  field { name: 'value' number: 2 label: LABEL_OPTIONAL type_name: '.e.M' } } }";
    tern_error err;
    tern_arena *arena = tern_arena_new(NULL);
    tern_pb_pool *pool = tern_pb_pool_new(NULL, NULL, &err);
    google_protobuf_FileDescriptorProto *file = google_protobuf_FileDescriptorProto_new(arena);
    tern_bytes bytes;
    if (tern_text_parse(&google_protobuf_FileDescriptorProto_table, file, tern_str_of(text), arena,
                        NULL, &err) != TERN_OK ||
        tern_pb_encode(&google_protobuf_FileDescriptorProto_table, file, arena, &bytes, &err) !=
            TERN_OK ||
        tern_pb_pool_add_file(pool, bytes, &err) != TERN_OK)
        fail_msg("%s", err.text);
    const tern_pb_table *m = tern_pb_pool_message(pool, TERN_STR("e.M"));
    assert_true(m->flags & TERN_PB_HAS_REQUIRED);
    (void)op_of(m, "explicit", TERN_PB_INT32, TERN_PB_EXPLICIT);
    (void)op_of(m, "implicit", TERN_PB_INT32, TERN_PB_IMPLICIT);
    assert_int_equal(op_of(m, "needed", TERN_PB_STRING, TERN_PB_EXPLICIT)->flags, TERN_PB_REQUIRED);
    (void)op_of(m, "packed", TERN_PB_INT32, TERN_PB_PACKED);
    (void)op_of(m, "expanded", TERN_PB_INT32, TERN_PB_REPEATED);
    (void)op_of(m, "group", TERN_PB_GROUP, TERN_PB_EXPLICIT);
    (void)op_of(m, "prefixed", TERN_PB_MESSAGE, TERN_PB_EXPLICIT);
    const tern_pb_field *closed = op_of(m, "closed", TERN_PB_CLOSED_ENUM, TERN_PB_EXPLICIT);
    (void)op_of(m, "open", TERN_PB_ENUM, TERN_PB_EXPLICIT);
    const tern_pb_field *map = op_of(m, "map", TERN_PB_MESSAGE, TERN_PB_MAP);
    (void)op_of(tern_pb_field_message(m, map), "value", TERN_PB_MESSAGE, TERN_PB_EXPLICIT);
    tern_pb_value v;
    assert_int_equal(tern_pb_field_get(m, tern_pb_new(m, arena), closed, &v, &err), TERN_OK);
    assert_int_equal(v.i32, 3);
    tern_pb_pool_free(pool);
    tern_arena_free(arena);
}

static void required_fields_are_missed(void **state)
{
    (void)state;
    tern_error err;
    tern_arena *arena = tern_arena_new(NULL);
    tern_pb_pool *pool = reflect_pool();
    const tern_pb_table *type = tern_pb_pool_message(pool, TERN_STR("reflect.Holder"));
    const uint8_t lacking[] = { 0x0a, 0 }, whole[] = { 0x0a, 2, 8, 1 };
    void *msg = tern_pb_new(type, arena);
    assert_int_equal(tern_pb_decode(type, msg, (tern_bytes){ lacking, 2 }, arena, NULL, &err),
                     TERN_INVALID_ARGUMENT);
    tern_pb_clear_all(type, msg);
    assert_int_equal(tern_pb_decode(type, msg, (tern_bytes){ whole, 4 }, arena, NULL, &err),
                     TERN_OK);
    tern_arena_free(arena);
    tern_pb_pool_free(pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tables_are_those_of_the_generator),
        cmocka_unit_test(well_known_tables_too),
        cmocka_unit_test(codecs_do_the_same),
        cmocka_unit_test(json_and_text_do_the_same),
        cmocka_unit_test(editions_decide_how_fields_are_held),
        cmocka_unit_test(required_fields_are_missed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
