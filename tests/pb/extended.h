/* SPDX-License-Identifier: Apache-2.0 */
/*
 * extended.h: extensions of a message, of every type in every mode, made by hand as the generator makes
 * them; and a registry that knows them.
 *
 * pbtest.Extended has one field of its own, 1; extensions are numbered 100 and on, by mode and type.
 */
#ifndef TN_TEST_PB_EXTENDED_H
#define TN_TEST_PB_EXTENDED_H

#include "pb/schema.h"

typedef struct pbtest_Extended {
    int32_t a;
    struct tern_pb_unknown *unknown_;
} pbtest_Extended;

static const tern_pb_field pbtest_Extended_fields[] = {
    FIELD(1, 0, INT32, IMPLICIT, pbtest_Extended, a, .name = 0),
};
static const tern_pb_table pbtest_Extended_table = {
    .abi = TERN_PB_ABI,
    .field_count = 1,
    .dense = 1,
    .has_offset = TERN_PB_NONE,
    .unknown_offset = offsetof(pbtest_Extended, unknown_),
    .align = _Alignof(pbtest_Extended),
    .size = sizeof(pbtest_Extended),
    .fields = pbtest_Extended_fields,
    .names = "a\0",
    .full_name = "pbtest.Extended",
    .flags = TERN_PB_EXTENDABLE,
};

/* An extension `name`: a holder of { ctype value; has_ }, its table, itself. */
#define EXTENSION(ext, extendee_, no, wire, T, MODE, ctype, subs_, enums_)                         \
    typedef struct ext##_holder {                                                                  \
        ctype value;                                                                               \
        uint32_t has_[1];                                                                          \
    } ext##_holder;                                                                                \
    static const tern_pb_field ext##_fields[] = { FIELD(no, wire, T, MODE, ext##_holder, value,    \
                                                        .name = 0) };                              \
    static const tern_pb_table ext##_table = {                                                     \
        .abi = TERN_PB_ABI,                                                                        \
        .field_count = 1,                                                                          \
        .has_offset = offsetof(ext##_holder, has_),                                                \
        .unknown_offset = TERN_PB_NONE,                                                            \
        .align = _Alignof(ext##_holder),                                                           \
        .size = sizeof(ext##_holder),                                                              \
        .fields = ext##_fields,                                                                    \
        .subs = subs_,                                                                             \
        .enums = enums_,                                                                           \
        .names = #ext "\0[pbtest." #ext "]",                                                       \
        .full_name = "pbtest." #ext,                                                               \
    };                                                                                             \
    static const tern_pb_extension ext = {                                                         \
        .abi = TERN_PB_ABI,                                                                        \
        .extendee = &extendee_##_table,                                                            \
        .holder = &ext##_table,                                                                    \
    };

#define EXTEND_E(T, c, no, w, m)                                                                   \
    EXTENSION(ext_e_##m, pbtest_Extended, 100 + (no), w, T, EXPLICIT, c, pbtest_Inner_subs, NULL)
#define EXTEND_R(T, c, no, w, m)                                                                   \
    EXTENSION(ext_r_##m, pbtest_Extended, 200 + (no), w, T, REPEATED, ARRAY(c), pbtest_Inner_subs, \
              NULL)
#define EXTEND_P(T, c, no, w, m)                                                                   \
    EXTENSION(ext_p_##m, pbtest_Extended, 300 + (no), 2, T, PACKED, ARRAY(c), pbtest_Inner_subs,   \
              NULL)

EACH_TYPE(EXTEND_E)
EACH_TYPE(EXTEND_R)
EACH_SCALAR(EXTEND_P)
EXTENSION(ext_e_group, pbtest_Extended, 110, 3, GROUP, EXPLICIT, pbtest_Inner *, pbtest_Inner_subs,
          NULL)
EXTENSION(ext_r_group, pbtest_Extended, 210, 3, GROUP, REPEATED, ARRAY(pbtest_Inner *),
          pbtest_Inner_subs, NULL)

/* A message that extends itself, for depth. */
static const tern_pb_table *const pbtest_Extended_subs[] = { &pbtest_Extended_table };
EXTENSION(ext_self, pbtest_Extended, 400, 2, MESSAGE, EXPLICIT, pbtest_Extended *,
          pbtest_Extended_subs, NULL)

#define EXT_E(T, c, no, w, m) &ext_e_##m,
#define EXT_R(T, c, no, w, m) &ext_r_##m,
#define EXT_P(T, c, no, w, m) &ext_p_##m,

static const tern_pb_extension *const pbtest_extensions[] = {
    EACH_TYPE(EXT_E) EACH_TYPE(EXT_R) EACH_SCALAR(EXT_P) & ext_e_group,
    &ext_r_group,
    &ext_self,
};

enum { PBTEST_EXTENSIONS = sizeof(pbtest_extensions) / sizeof(pbtest_extensions[0]) };

/* owned; knows all of them. NULL: no memory. */
static inline tern_pb_registry *extended_registry(const tern_env *env)
{
    tern_pb_registry *reg = tern_pb_registry_new(env);
    for (size_t i = 0; reg && i < PBTEST_EXTENSIONS; i++) {
        if (tern_pb_registry_add_extension(reg, pbtest_extensions[i], NULL) == TERN_OK)
            continue;
        tern_pb_registry_free(reg);
        return NULL;
    }
    return reg;
}

#endif
