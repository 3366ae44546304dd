/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pool_rules_test.c: each rule that a descriptor must keep, by a file that breaks it and nothing else.
 *
 * A row is a FileDescriptorProto in text format and a part of the error's text; without one the file is
 * to be taken. What is refused must have left the pool as it was: the same pool takes the next row.
 */
#include "support/test.h"
#include "tern/reflect.h"
#include "tern/text.h"

#include <stdio.h>

typedef struct row {
    const char *file;
    const char *text; /* NULL: it is taken */
} row;

#define FIELD(name, number, rest)                                                                  \
    "field { name: '" name "' number: " #number " label: LABEL_OPTIONAL " rest " } "
#define INT(name, number)     FIELD(name, number, "type: TYPE_INT32")
#define MESSAGE(name, inside) "message_type { name: '" name "' " inside " } "
#define ENUM(name, inside)    "enum_type { name: '" name "' " inside " } "
#define VALUE(name, number)   "value { name: '" name "' number: " #number " } "
#define PROTO3                "syntax: 'proto3' "
#define E2023                 "syntax: 'editions' edition: EDITION_2023 "
#define E2024                 "syntax: 'editions' edition: EDITION_2024 "

static tern_bytes parse(tern_arena *arena, const char *text)
{
    tern_error err;
    char whole[4096];
    const int n =
        snprintf(whole, sizeof(whole), "%s%s",
                 strstr(text, "name: 'f.proto'") ? "" : "name: 'f.proto' package: 'p' ", text);
    google_protobuf_FileDescriptorProto *file = google_protobuf_FileDescriptorProto_new(arena);
    assert_true(n > 0 && (size_t)n < sizeof(whole));
    if (tern_text_parse(&google_protobuf_FileDescriptorProto_table, file,
                        (tern_str){ whole, (size_t)n }, arena, NULL, &err) != TERN_OK)
        fail_msg("%s in: %s", err.text, whole);
    tern_bytes bytes;
    assert_int_equal(
        tern_pb_encode(&google_protobuf_FileDescriptorProto_table, file, arena, &bytes, &err),
        TERN_OK);
    return bytes;
}

/* A pool that holds a file to import, a.proto, which imports b.proto publicly. */
static tern_pb_pool *start(tern_arena *arena)
{
    static const char *const files[] = {
        "name: 'f.proto' package: 'c' message_type { name: 'Hidden' }",
        "name: 'f.proto' package: 'b.inner' message_type { name: 'Deep' }",
        "name: 'f.proto' package: 'a' dependency: ['b.proto', 'c.proto'] public_dependency: 0 "
        "message_type { name: 'M' nested_type { name: 'N' }"
        " extension_range { start: 100 end: 200 } }"
        "enum_type { name: 'E' value { name: 'A_ONE' number: 1 } }",
    };
    static const char *const names[] = { "c.proto", "b.proto", "a.proto" };
    tern_error err;
    tern_pb_pool *pool = tern_pb_pool_new(NULL, NULL, &err);
    for (size_t i = 0; i < 3; i++) {
        google_protobuf_FileDescriptorProto *file =
            google_protobuf_FileDescriptorProto_decode(parse(arena, files[i]), arena, &err);
        google_protobuf_FileDescriptorProto_set_name(file, tern_str_of(names[i]));
        tern_bytes bytes;
        assert_int_equal(
            tern_pb_encode(&google_protobuf_FileDescriptorProto_table, file, arena, &bytes, &err),
            TERN_OK);
        if (tern_pb_pool_add_file(pool, bytes, &err) != TERN_OK)
            fail_msg("%s", err.text);
    }
    return pool;
}

static void run(const row *rows, size_t count)
{
    tern_arena *arena = tern_arena_new(NULL);
    tern_pb_pool *pool = start(arena);
    for (size_t i = 0; i < count; i++) {
        tern_error err;
        const tern_bytes bytes = parse(arena, rows[i].file);
        /* Those that are taken go to a pool of their own. */
        tern_pb_pool *own = rows[i].text ? NULL : start(arena);
        const tern_code code = tern_pb_pool_add_file(own ? own : pool, bytes, &err);
        if (rows[i].text && (code != TERN_INVALID_ARGUMENT || !strstr(err.text, rows[i].text)))
            fail_msg("%s:\n  expected %s, was %d: %s", rows[i].file, rows[i].text, (int)code,
                     err.text);
        if (rows[i].text && strncmp(err.text, "f.proto: ", 9) != 0)
            fail_msg("%s:\n  the file is not named: %s", rows[i].file, err.text);
        if (!rows[i].text && code != TERN_OK)
            fail_msg("%s:\n  %d: %s", rows[i].file, (int)code, err.text);
        tern_pb_pool_free(own);
        assert_null(tern_pb_pool_file(pool, TERN_STR("f.proto")));
        assert_null(tern_pb_pool_message(pool, TERN_STR("p.M")));
        assert_int_equal(tern_pb_pool_find(pool, TERN_STR("p")).kind, TERN_PB_SYMBOL_NONE);
    }
    assert_non_null(tern_pb_pool_message(pool, TERN_STR("a.M")));
    assert_null(tern_pb_pool_file_at(pool, 3));
    tern_pb_pool_free(pool);
    tern_arena_free(arena);
}

#define RUN(rows) run(rows, sizeof(rows) / sizeof((rows)[0]))

static void names(void **state)
{
    (void)state;
    static const row rows[] = {
        { MESSAGE("M", INT("a", 1) INT("b", 2)), NULL },
        { MESSAGE("", ""), "identifier" },
        { MESSAGE("M", INT("", 1)), "identifier" },
        { MESSAGE("2M", ""), "identifier" },
        { MESSAGE("M.N", ""), "identifier" },
        { MESSAGE("M\\0", ""), "identifier" },
        { MESSAGE("M", INT("a-b", 1)), "identifier" },
        { ENUM("\303\251", VALUE("A", 0)), "identifier" },
        { ENUM("E", VALUE("A B", 0)), "identifier" },
        { "service { name: 'S!' }", "identifier" },
        { "service { name: 'S' method { name: '' } }", "identifier" },
        { MESSAGE("M", "") MESSAGE("M", ""), "twice" },
        { MESSAGE("M", INT("a", 1) INT("a", 2)), "twice" },
        { MESSAGE("M", INT("a", 1) "nested_type { name: 'a' }"), "twice" },
        { MESSAGE("M", INT("a", 1) "oneof_decl { name: 'a' }"), "twice" },
        { MESSAGE("A", "") ENUM("E", VALUE("A", 0)), "twice" },
        { ENUM("E", VALUE("A", 0)) ENUM("F", VALUE("A", 0)), "twice" },
        { "service { name: 'S' } service { name: 'S' }", "twice" },
        { "service { name: 'S' method { name: 'R' input_type: '.a.M' output_type: '.a.M' } "
          "method { name: 'R' input_type: '.a.M' output_type: '.a.M' } } dependency: 'a.proto'",
          "twice" },
        { "name: 'f.proto' package: 'a.M' " MESSAGE("X", ""), "a.proto" },
        { "name: 'f.proto' package: 'a' " MESSAGE("M", ""), "a.proto has something" },
        { "name: 'f.proto' package: 'a..b'", "package" },
        { "name: 'f.proto' package: 'a.'", "package" },
        { "name: 'f.proto' package: '.a'", "package" },
        { "name: 'f.proto' package: 'a.b.c' " MESSAGE("M", ""), NULL },
        { "name: 'f.proto' " MESSAGE("Bare", INT("x", 1)), NULL },
    };
    RUN(rows);
}

static void numbers(void **state)
{
    (void)state;
    static const row rows[] = {
        { MESSAGE("M", INT("a", 0)), "not positive" },
        { MESSAGE("M", INT("a", -1)), "not positive" },
        { MESSAGE("M", "field { name: 'a' type: TYPE_INT32 }"), "not positive" },
        { MESSAGE("M", INT("a", 536870911)), NULL },
        { MESSAGE("M", INT("a", 536870912)), "no field may have" },
        { MESSAGE("M", INT("a", 19000)), "no field may have" },
        { MESSAGE("M", INT("a", 19999)), "no field may have" },
        { MESSAGE("M", INT("a", 18999) INT("b", 20000)), NULL },
        { MESSAGE("M", INT("a", 1) INT("b", 1)), "two fields" },
        { MESSAGE("M", INT("a", 5) "reserved_range { start: 4 end: 6 }"), "reserved number" },
        { MESSAGE("M", INT("a", 6) "reserved_range { start: 4 end: 6 }"), NULL },
        { MESSAGE("M", INT("a", 5) "extension_range { start: 5 end: 6 }"), "for extensions" },
        { MESSAGE("M", "extension_range { start: 5 end: 5 }"), "range of numbers" },
        { MESSAGE("M", "extension_range { start: 0 end: 5 }"), "range of numbers" },
        { MESSAGE("M", "reserved_range { start: -4 end: 5 }"), "range of numbers" },
        { MESSAGE("M", "extension_range { start: 5 end: 536870913 }"), "largest number" },
        { MESSAGE("M", "extension_range { start: 5 end: 536870912 }"), NULL },
        { MESSAGE("M", "extension_range { start: 5 end: 9 } extension_range { start: 8 end: 9 }"),
          "overlap" },
        { MESSAGE("M", "extension_range { start: 5 end: 9 } reserved_range { start: 1 end: 6 }"),
          "overlap" },
        { MESSAGE("M", "extension_range { start: 5 end: 9 } reserved_range { start: 1 end: 5 }"),
          NULL },
        { MESSAGE("M", INT("a", 1) "reserved_name: 'a'"), "reserved name" },
        { MESSAGE("M", INT("a", 1) "reserved_name: ['b', 'c', 'b']"), "reserved twice" },
        { MESSAGE("M", INT("a", 1) INT("b", 2) INT("d", 4) "reserved_name: ['c', 'aa']"), NULL },
    };
    RUN(rows);
}

static void enums(void **state)
{
    (void)state;
    static const row rows[] = {
        { ENUM("E", ""), "without values" },
        { ENUM("E", VALUE("A", 1)), NULL },
        { PROTO3 ENUM("E", VALUE("A", 1)), "not 0" },
        { E2023 ENUM("E", VALUE("A", 1)), "not 0" },
        { E2023 ENUM("E", VALUE("A", 1) "options { features { enum_type: CLOSED } }"), NULL },
        { E2023 "options { features { enum_type: CLOSED } } " ENUM("E", VALUE("A", 1)), NULL },
        { ENUM("E", VALUE("A", 1) VALUE("B", 1)), "one number" },
        { ENUM("E", VALUE("A", 1) VALUE("B", 1) "options { allow_alias: true }"), NULL },
        { ENUM("E", VALUE("A", 1) "reserved_range { start: 1 end: 1 }"), "reserved number" },
        { ENUM("E", VALUE("A", -2147483648) "reserved_range { start: -5 end: 1 }"), NULL },
        { ENUM("E", VALUE("A", 9) "reserved_range { start: 2 end: 1 }"), "ends before" },
        { ENUM("E", VALUE("A", 9) "reserved_range { start: 1 end: 3 } reserved_range { start: 3 "
                                  "end: 5 }"),
          "overlap" },
        { ENUM("E", VALUE("B", 9) VALUE("A", 1) "reserved_name: ['X', 'A']"), "reserved" },
        { ENUM("E", VALUE("A", 9) "reserved_name: ['B', 'B']"), "reserved twice" },
    };
    RUN(rows);
}

static void types(void **state)
{
    (void)state;
    static const row rows[] = {
        { MESSAGE("M", FIELD("a", 1, "")), "no type" },
        { MESSAGE("M", FIELD("a", 1, "type: TYPE_MESSAGE")), "no type" },
        { MESSAGE("M", FIELD("a", 1, "type: TYPE_MESSAGE type_name: '.p.N'")), "no type .p.N" },
        { MESSAGE("M", FIELD("a", 1, "type: TYPE_MESSAGE type_name: '.p.M'")), NULL },
        { MESSAGE("M", FIELD("a", 1, "type_name: '.p.M'")), NULL },
        { MESSAGE("M", FIELD("a", 1, "type: TYPE_MESSAGE type_name: '.p.M.a'")), "no type" },
        { MESSAGE("M", FIELD("a", 1, "type: TYPE_MESSAGE type_name: '.p'")), "no type" },
        { MESSAGE("M", FIELD("a", 1, "type: TYPE_MESSAGE type_name: '.'")), "no type" },
        { MESSAGE("M", FIELD("a", 1, "type: TYPE_ENUM type_name: '.p.M'")), "is no enum" },
        { MESSAGE("M", FIELD("a", 1, "type: TYPE_MESSAGE type_name: '.p.E'"))
              ENUM("E", VALUE("A", 0)),
          "is no message" },
        { MESSAGE("M", FIELD("a", 1, "type: TYPE_INT32 type_name: '.p.M'")), "beside a type" },
        { MESSAGE("M", FIELD("a", 1, "type: TYPE_INT32 extendee: '.p.M'")), "no extension" },
        { MESSAGE("M", FIELD("a", 1, "type_name: '.a.M'")), "not imported" },
        { "dependency: 'a.proto' " MESSAGE("M", FIELD("a", 1, "type_name: '.a.M'")), NULL },
        { "dependency: 'a.proto' " MESSAGE("M", FIELD("a", 1, "type_name: '.b.inner.Deep'")),
          NULL },
        { "dependency: 'a.proto' " MESSAGE("M", FIELD("a", 1, "type_name: '.c.Hidden'")),
          "not imported" },
        /* Relative: from the inside out; the first part that names may stand in decides. */
        { "dependency: 'a.proto' " MESSAGE("M", FIELD("a", 1, "type_name: 'a.M.N'")), NULL },
        { "dependency: 'a.proto' " MESSAGE("M", FIELD("x", 1, "type_name: 'a.M.N'")), NULL },
        { "dependency: 'a.proto' " MESSAGE("M", FIELD("x", 1, "type_name: 'b.inner.Deep'")), NULL },
        { MESSAGE("M", FIELD("x", 1, "type_name: 'N'") "nested_type { name: 'N' }"), NULL },
        { MESSAGE("M", FIELD("x", 1, "type_name: 'M'")), NULL },
        { MESSAGE("M", FIELD("x", 1, "type_name: 'N.O'") "nested_type { name: 'N' }")
              MESSAGE("N", "nested_type { name: 'O' }"),
          "no type" },
        { MESSAGE("M", FIELD("x", 1, "type_name: 'p.M'")), NULL },
        { MESSAGE("M", "field { name: 'a' number: 1 label: LABEL_OPTIONAL type: TYPE_GROUP "
                       "type_name: '.p.M.A' } nested_type { name: 'A' }"),
          NULL },
    };
    RUN(rows);
}

static void imports(void **state)
{
    (void)state;
    static const row rows[] = {
        { "dependency: 'f.proto'", "imports itself" },
        { "dependency: ['a.proto', 'a.proto']", "twice" },
        { "dependency: 'a.proto' public_dependency: 1", "no import" },
        { "dependency: 'a.proto' public_dependency: -1", "no import" },
        { "dependency: 'a.proto' weak_dependency: 1", "no import" },
        { "syntax: 'proto4'", "syntax" },
        { "syntax: 'editions'", "edition" },
        { "syntax: 'editions' edition: EDITION_LEGACY", "edition" },
        { "syntax: 'editions' edition: EDITION_MAX", "edition" },
        { E2024 "option_dependency: 'not/there.proto'", NULL },
    };
    RUN(rows);
    tern_arena *arena = tern_arena_new(NULL);
    tern_pb_pool *pool = start(arena);
    tern_error err;
    assert_int_equal(tern_pb_pool_add_file(pool, parse(arena, "dependency: 'none.proto'"), &err),
                     TERN_NOT_FOUND);
    assert_non_null(strstr(err.text, "none.proto"));
    assert_int_equal(tern_pb_pool_add_file(pool, (tern_bytes){ 0 }, &err), TERN_INVALID_ARGUMENT);
    /* The library has these itself, and nobody needs to bring them. */
    assert_int_equal(tern_pb_pool_add_file(
                         pool, parse(arena, "dependency: ['google/protobuf/any.proto']"), &err),
                     TERN_OK);
    tern_pb_pool_free(pool);
    tern_arena_free(arena);
}

static void oneofs(void **state)
{
    (void)state;
    static const row rows[] = {
        { MESSAGE("M", INT("a", 1) "oneof_decl { name: 'o' }"), "without fields" },
        { MESSAGE("M", FIELD("a", 1, "type: TYPE_INT32 oneof_index: 0")), "no such oneof" },
        { MESSAGE("M",
                  FIELD("a", 1, "type: TYPE_INT32 oneof_index: -1") "oneof_decl { name: 'o' }"),
          "no such oneof" },
        { MESSAGE("M", FIELD("a", 1, "type: TYPE_INT32 oneof_index: 1") "oneof_decl { name: 'o' }"),
          "no such oneof" },
        { MESSAGE("M", "field { name: 'a' number: 1 label: LABEL_REPEATED type: TYPE_INT32 "
                       "oneof_index: 0 } oneof_decl { name: 'o' }"),
          "in a oneof" },
        { MESSAGE("M", FIELD("a", 1, "type: TYPE_INT32 oneof_index: 0") INT("b", 2)
                           FIELD("c", 3, "type: TYPE_INT32 oneof_index: 0") "oneof_decl { name: "
                                                                            "'o' }"),
          "apart" },
        { PROTO3 MESSAGE("M", FIELD("a", 1, "type: TYPE_INT32 proto3_optional: true")),
          "optional" },
        { PROTO3 MESSAGE(
              "M", FIELD("a", 1,
                         "type: TYPE_INT32 proto3_optional: true oneof_index: 0") "oneof_decl { "
                                                                                  "name: '_a' }"),
          NULL },
        { PROTO3 MESSAGE(
              "M", FIELD("a", 1, "type: TYPE_INT32 proto3_optional: true oneof_index: 0") FIELD(
                       "b", 2, "type: TYPE_INT32 oneof_index: 0") "oneof_decl { name: '_a' }"),
          "not alone" },
        { PROTO3 MESSAGE(
              "M", FIELD("a", 1, "type: TYPE_INT32 proto3_optional: true oneof_index: 0")
                       FIELD("b", 2, "type: TYPE_INT32 oneof_index: 1") "oneof_decl { name: '_a' } "
                                                                        "oneof_decl { name: 'o' }"),
          "behind the oneof" },
        { MESSAGE("M",
                  FIELD("a", 1,
                        "type: TYPE_INT32 proto3_optional: true oneof_index: 0") "oneof_decl { "
                                                                                 "name: '_a' }"),
          "proto3_optional" },
    };
    RUN(rows);
}

#define ENTRY(key, value)                                                                          \
    "nested_type { name: 'MEntry' options { map_entry: true } " FIELD("key", 1, key)               \
        FIELD("value", 2, value) " } "
#define MAP "field { name: 'm' number: 1 label: LABEL_REPEATED type_name: '.p.M.MEntry' } "
#define I32 "type: TYPE_INT32"

static void maps(void **state)
{
    (void)state;
    static const row rows[] = {
        { MESSAGE("M", MAP ENTRY(I32, I32)), NULL },
        { MESSAGE("M", MAP ENTRY("type: TYPE_STRING", "type_name: '.p.M'")), NULL },
        { MESSAGE("M", MAP ENTRY("type: TYPE_FLOAT", I32)), "a key cannot" },
        { MESSAGE("M", MAP ENTRY("type: TYPE_BYTES", I32)), "a key cannot" },
        { MESSAGE("M", MAP ENTRY("type_name: '.p.M'", I32)), "a key cannot" },
        { MESSAGE("M", MAP ENTRY("type_name: '.p.E'", I32)) ENUM("E", VALUE("A", 0)),
          "a key cannot" },
        { MESSAGE("M", MAP ENTRY(I32, "type_name: '.p.E'")) ENUM("E", VALUE("A", 1)),
          "first value of a map's enum" },
        { MESSAGE("M", MAP ENTRY(I32, "type: TYPE_GROUP type_name: '.p.M'")), "no proper entry" },
        { MESSAGE("M", MAP ENTRY(I32, "type_name: '.p.M.MEntry'")), "entry of a map is no type" },
        { MESSAGE("M", MAP "nested_type { name: 'MEntry' options { map_entry: true } } "),
          "no proper entry" },
        { MESSAGE("M", MAP "nested_type { name: 'MEntry' options { map_entry: true } " INT("key", 2)
                           INT("value", 1) " } "),
          "no proper entry" },
        { MESSAGE("M", MAP "nested_type { name: 'MEntry' options { map_entry: true } " INT("kee", 1)
                           INT("value", 2) " } "),
          "no proper entry" },
        { MESSAGE("M", MAP "nested_type { name: 'MEntry' options { map_entry: true } " INT("key", 1)
                           INT("value", 2) "nested_type { name: 'X' } } "),
          "no proper entry" },
        { MESSAGE("M", MAP
                  "nested_type { name: 'MEntry' options { map_entry: true } field { name: "
                  "'key' number: 1 label: LABEL_REPEATED type: TYPE_INT32 } " INT("value", 2) "}"),
          "no proper entry" },
        { MESSAGE("M", FIELD("m", 1, "type_name: '.p.M.MEntry'") ENTRY(I32, I32)),
          "entry of a map is no type" },
        { MESSAGE("M", "field { name: 'n' number: 1 label: LABEL_REPEATED type_name: "
                       "'.p.M.MEntry' } " ENTRY(I32, I32)),
          "entry of a map is no type" },
        { MESSAGE("M", ENTRY(I32, I32)) MESSAGE("N", MAP), "entry of a map is no type" },
        { MESSAGE("M", "options { map_entry: true }" INT("key", 1) INT("value", 2)),
          "no proper entry" },
        { "service { name: 'S' method { name: 'R' input_type: '.p.M.MEntry' output_type: '.p.M' } "
          "} " MESSAGE("M", MAP ENTRY(I32, I32)),
          "no message" },
    };
    RUN(rows);
}

static void extensions(void **state)
{
    (void)state;
#define EXTEND(rest) "dependency: 'a.proto' extension { name: 'x' " rest " } "
    static const row rows[] = {
        { EXTEND("number: 100 label: LABEL_OPTIONAL type: TYPE_INT32 extendee: '.a.M'"), NULL },
        { EXTEND("number: 99 label: LABEL_OPTIONAL type: TYPE_INT32 extendee: '.a.M'"),
          "number 99" },
        { EXTEND("number: 200 label: LABEL_OPTIONAL type: TYPE_INT32 extendee: '.a.M'"),
          "number 200" },
        { EXTEND("number: 100 label: LABEL_OPTIONAL type: TYPE_INT32"), "no message" },
        { EXTEND("number: 100 label: LABEL_OPTIONAL type: TYPE_INT32 extendee: '.a.E'"),
          "no message" },
        { EXTEND("number: 100 label: LABEL_OPTIONAL type: TYPE_INT32 extendee: '.c.Hidden'"),
          "no message" },
        { EXTEND("number: 100 label: LABEL_REQUIRED type: TYPE_INT32 extendee: '.a.M'"),
          "required" },
        { EXTEND("number: 100 label: LABEL_OPTIONAL type: TYPE_INT32 extendee: '.a.M' oneof_index: "
                 "0"),
          "no oneof" },
        { PROTO3 EXTEND("number: 100 label: LABEL_OPTIONAL type: TYPE_INT32 extendee: '.a.M'"),
          "but for options" },
        { PROTO3 "dependency: 'google/protobuf/descriptor.proto' extension { name: 'x' number: "
                 "50000 label: LABEL_OPTIONAL type: TYPE_INT32 extendee: "
                 "'.google.protobuf.FileOptions' }",
          NULL },
        { MESSAGE("M", "extension_range { start: 5 end: 20000 }") "extension { name: 'x' number: "
                                                                  "19500 label: LABEL_OPTIONAL "
                                                                  "type: TYPE_BOOL extendee: "
                                                                  "'.p.M' }",
          "no field may have" },
        { PROTO3 MESSAGE("M", "extension_range { start: 5 end: 6 }"), "no extension ranges" },
        { MESSAGE("S", "options { message_set_wire_format: true }" INT("a", 1)), "has no fields" },
        { PROTO3 MESSAGE("S", "options { message_set_wire_format: true }"), "no MessageSet" },
        { MESSAGE("S", "options { message_set_wire_format: true } extension_range { start: 4 end: "
                       "2147483647 }") "extension { name: 'x' number: 9 label: LABEL_OPTIONAL "
                                       "type: TYPE_INT32 extendee: '.p.S' }",
          "optional message" },
        { MESSAGE("S", "options { message_set_wire_format: true } extension_range { start: 4 end: "
                       "2147483647 }") "extension { name: 'x' number: 9 label: LABEL_OPTIONAL "
                                       "type_name: '.p.S' extendee: '.p.S' }",
          NULL },
    };
    RUN(rows);
}

static void presence_and_packing(void **state)
{
    (void)state;
#define PRESENCE(p) "options { features { field_presence: " p " } } "
    static const row rows[] = {
        { PROTO3 MESSAGE("M", "field { name: 'a' number: 1 label: LABEL_REQUIRED type: TYPE_INT32 "
                              "}"),
          "required" },
        { PROTO3 MESSAGE("M", FIELD("a", 1, I32 " default_value: '1'")), "no defaults" },
        { PROTO3 MESSAGE("M", FIELD("a", 1, "type: TYPE_GROUP type_name: '.p.M'")), "no groups" },
        { PROTO3 "dependency: 'a.proto' " MESSAGE("M", FIELD("a", 1, "type_name: '.a.E'")),
          "closed enum" },
        { E2023 "dependency: 'a.proto' " MESSAGE("M", FIELD("a", 1, "type_name: '.a.E'")), NULL },
        { E2023 "dependency: 'a.proto' " MESSAGE(
              "M", FIELD("a", 1, "type_name: '.a.E' " PRESENCE("IMPLICIT"))),
          "must be open" },
        { E2023 MESSAGE("M", FIELD("a", 1, I32 " default_value: '1' " PRESENCE("IMPLICIT"))),
          "no default" },
        { E2023 MESSAGE("M", FIELD("a", 1, "type: TYPE_GROUP type_name: '.p.M'")), "groups" },
        { E2023 MESSAGE("M", "field { name: 'a' number: 1 label: LABEL_REQUIRED type: TYPE_INT32 "
                             "}"),
          "required" },
        { E2023 MESSAGE("M", FIELD("a", 1, "type_name: '.p.M' " PRESENCE("IMPLICIT"))),
          "presence" },
        { E2023 MESSAGE("M", PRESENCE("IMPLICIT")), "field_presence" },
        { "options { features { field_presence: IMPLICIT } }", "for editions" },
        { E2023 "options { features { field_presence: LEGACY_REQUIRED } }", "default" },
        { MESSAGE("M", FIELD("a", 1, I32 " options { packed: true }")), "packed" },
        { MESSAGE("M", "field { name: 'a' number: 1 label: LABEL_REPEATED type: TYPE_STRING "
                       "options { packed: true } }"),
          "packed" },
        { E2024 MESSAGE("M", "field { name: 'a' number: 1 label: LABEL_REPEATED type: TYPE_INT32 "
                             "options { packed: true } }"),
          "instead of packed" },
        { E2024 MESSAGE("M", FIELD("a", 1, I32 " options { features { utf8_validation: NONE } }")),
          NULL },
    };
    RUN(rows);
}

static void defaults(void **state)
{
    (void)state;
#define DEFAULT(type, text)                                                                        \
    MESSAGE("M", FIELD("a", 1, "type: TYPE_" type " default_value: '" text "'"))
    static const row rows[] = {
        { DEFAULT("INT32", "-2147483648"), NULL },
        { DEFAULT("INT32", "2147483648"), "not of its type" },
        { DEFAULT("INT32", "-2147483649"), "not of its type" },
        { DEFAULT("INT32", ""), "not of its type" },
        { DEFAULT("INT32", "-"), "not of its type" },
        { DEFAULT("INT32", "1x"), "not of its type" },
        { DEFAULT("INT32", " 1"), "not of its type" },
        { DEFAULT("INT32", "0x7fffffff"), NULL },
        { DEFAULT("INT32", "0x"), "not of its type" },
        { DEFAULT("INT32", "017"), NULL },
        { DEFAULT("INT32", "08"), "not of its type" },
        { DEFAULT("UINT32", "4294967295"), NULL },
        { DEFAULT("UINT32", "4294967296"), "not of its type" },
        { DEFAULT("UINT32", "-1"), "not of its type" },
        { DEFAULT("INT64", "-9223372036854775808"), NULL },
        { DEFAULT("INT64", "9223372036854775808"), "not of its type" },
        { DEFAULT("UINT64", "18446744073709551615"), NULL },
        { DEFAULT("UINT64", "18446744073709551616"), "not of its type" },
        { DEFAULT("DOUBLE", "1.5e300"), NULL },
        { DEFAULT("DOUBLE", "-inf"), NULL },
        { DEFAULT("FLOAT", "nan"), NULL },
        { DEFAULT("FLOAT", "1.5f"), "not of its type" },
        { DEFAULT("DOUBLE", ""), "not of its type" },
        { DEFAULT("BOOL", "true"), NULL },
        { DEFAULT("BOOL", "1"), "neither" },
        { DEFAULT("STRING", ""), NULL },
        { DEFAULT("BYTES", "\\\\001\\\\xff\\\\n"), NULL },
        { DEFAULT("BYTES", "\\\\"), "no bytes" },
        { DEFAULT("BYTES", "\\\\q"), "no bytes" },
        { DEFAULT("BYTES", "\\\\x"), "no bytes" },
        { DEFAULT("BYTES", "\\\\777"), "no bytes" },
        { MESSAGE("M", FIELD("a", 1, "type_name: '.p.M' default_value: ''")), "no default" },
        { MESSAGE("M", "field { name: 'a' number: 1 label: LABEL_REPEATED type: TYPE_INT32 "
                       "default_value: '1' }"),
          "no default" },
        { MESSAGE("M", FIELD("a", 1, "type_name: '.p.E' default_value: 'A'"))
              ENUM("E", VALUE("A", 3)),
          NULL },
        { MESSAGE("M", FIELD("a", 1, "type_name: '.p.E' default_value: 'B'"))
              ENUM("E", VALUE("A", 3)),
          "no value of its enum" },
        { MESSAGE("M", FIELD("a", 1, "type_name: '.p.E' default_value: '3'"))
              ENUM("E", VALUE("A", 3)),
          "no value of its enum" },
    };
    RUN(rows);
}

static void json_names(void **state)
{
    (void)state;
#define JSON(name, number, json) FIELD(name, number, I32 " json_name: '" json "'")
    static const row rows[] = {
        { PROTO3 MESSAGE("M", INT("foo_bar", 1) INT("fooBar", 2)), "one name in JSON" },
        { MESSAGE("M", INT("foo_bar", 1) INT("fooBar", 2)), NULL },
        { E2023 MESSAGE("M", INT("foo_bar", 1) INT("fooBar", 2)), "one name in JSON" },
        { PROTO3 MESSAGE(
              "M", INT("foo_bar", 1)
                       INT("fooBar", 2) "options { deprecated_legacy_json_field_conflicts: true }"),
          NULL },
        { PROTO3 MESSAGE("M", JSON("a", 1, "x") INT("x", 2)), "one name in JSON" },
        { MESSAGE("M", JSON("a", 1, "x") INT("x", 2)), NULL },
        { MESSAGE("M", JSON("a", 1, "y") JSON("b", 2, "y")), "one name in JSON" },
        { MESSAGE("M", JSON("a", 1, "[y]")), "an extension's" },
        { MESSAGE("M", JSON("a", 1, "y\\0")), "JSON cannot" },
        { MESSAGE("M", JSON("a", 1, "y\\\"")), NULL },
        { MESSAGE("M", JSON("a", 1, "y\\377")), "JSON cannot" },
        { MESSAGE("M", JSON("a", 1, "\\303\\251")), NULL },
    };
    RUN(rows);
}

static void services(void **state)
{
    (void)state;
#define METHOD(in, out)                                                                            \
    "service { name: 'S' method { name: 'R' input_type: '" in "' output_type: '" out "' } } "
    static const row rows[] = {
        { METHOD(".p.M", ".p.M") MESSAGE("M", ""), NULL },
        { METHOD("M", "p.M") MESSAGE("M", ""), NULL },
        { METHOD(".p.M", ".p.N") MESSAGE("M", ""), "no message .p.N" },
        { METHOD(".p.E", ".p.M") MESSAGE("M", "") ENUM("E", VALUE("A", 0)), "no message .p.E" },
        { METHOD("", ".p.M") MESSAGE("M", ""), "no message" },
        { METHOD(".a.M", ".a.M"), "not imported" },
    };
    RUN(rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names),    cmocka_unit_test(numbers),
        cmocka_unit_test(enums),    cmocka_unit_test(types),
        cmocka_unit_test(imports),  cmocka_unit_test(oneofs),
        cmocka_unit_test(maps),     cmocka_unit_test(extensions),
        cmocka_unit_test(defaults), cmocka_unit_test(presence_and_packing),
        cmocka_unit_test(services), cmocka_unit_test(json_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
