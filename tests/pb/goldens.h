/* SPDX-License-Identifier: Apache-2.0 */
/*
 * goldens.h: golden.inc as a list, for tests that hold for every one of them.
 */
#ifndef TN_TEST_PB_GOLDENS_H
#define TN_TEST_PB_GOLDENS_H

#include "pb/golden.inc"
#include "tern/str.h"

#define GOLDEN(name)                                                                               \
    {                                                                                              \
        golden_##name, sizeof(golden_##name)                                                       \
    }

static const tern_bytes goldens[] = {
    GOLDEN(implicit),       GOLDEN(explicit),       GOLDEN(explicit_zero), GOLDEN(repeated),
    GOLDEN(packed),         GOLDEN(maps),           GOLDEN(tags),          GOLDEN(oneof_double),
    GOLDEN(oneof_float),    GOLDEN(oneof_int64),    GOLDEN(oneof_uint64),  GOLDEN(oneof_int32),
    GOLDEN(oneof_fixed64),  GOLDEN(oneof_fixed32),  GOLDEN(oneof_bool),    GOLDEN(oneof_string),
    GOLDEN(oneof_message),  GOLDEN(oneof_bytes),    GOLDEN(oneof_uint32),  GOLDEN(oneof_enum),
    GOLDEN(oneof_sfixed32), GOLDEN(oneof_sfixed64), GOLDEN(oneof_sint32),  GOLDEN(oneof_sint64),
    GOLDEN(oneof_zero),
};
#define GOLDENS (sizeof(goldens) / sizeof(goldens[0]))

#endif
