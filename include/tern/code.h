/* SPDX-License-Identifier: Apache-2.0 */
/*
 * code.h: the 17 status codes of gRPC, and the two answers of ours that never go on the wire.
 */
#ifndef TERN_CODE_H
#define TERN_CODE_H

#include "tern/port.h"

TERN_BEGIN_DECLS

typedef enum tern_code {
    TERN_OK = 0,
    TERN_CANCELLED = 1,
    TERN_UNKNOWN = 2,
    TERN_INVALID_ARGUMENT = 3,
    TERN_DEADLINE_EXCEEDED = 4,
    TERN_NOT_FOUND = 5,
    TERN_ALREADY_EXISTS = 6,
    TERN_PERMISSION_DENIED = 7,
    TERN_RESOURCE_EXHAUSTED = 8,
    TERN_FAILED_PRECONDITION = 9,
    TERN_ABORTED = 10,
    TERN_OUT_OF_RANGE = 11,
    TERN_UNIMPLEMENTED = 12,
    TERN_INTERNAL = 13,
    TERN_UNAVAILABLE = 14,
    TERN_DATA_LOSS = 15,
    TERN_UNAUTHENTICATED = 16,

    TERN_END = 100,  /* a stream ended in good order: no more messages come */
    TERN_AGAIN = 101 /* not now: nothing was taken, ask again when told to */
} tern_code;

/* "DEADLINE_EXCEEDED" and the like, "END", "AGAIN"; a number that is no code is "UNKNOWN". Static. */
TERN_API const char *tern_code_name(tern_code code);

TERN_END_DECLS

#endif
