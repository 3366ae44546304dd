/* SPDX-License-Identifier: Apache-2.0 */
/* code.c: the names of the status codes, as the gRPC documentation spells them. */
#include "tern/code.h"

const char *tern_code_name(tern_code code)
{
    static const char *const names[] = {
        [TERN_OK] = "OK",
        [TERN_CANCELLED] = "CANCELLED",
        [TERN_UNKNOWN] = "UNKNOWN",
        [TERN_INVALID_ARGUMENT] = "INVALID_ARGUMENT",
        [TERN_DEADLINE_EXCEEDED] = "DEADLINE_EXCEEDED",
        [TERN_NOT_FOUND] = "NOT_FOUND",
        [TERN_ALREADY_EXISTS] = "ALREADY_EXISTS",
        [TERN_PERMISSION_DENIED] = "PERMISSION_DENIED",
        [TERN_RESOURCE_EXHAUSTED] = "RESOURCE_EXHAUSTED",
        [TERN_FAILED_PRECONDITION] = "FAILED_PRECONDITION",
        [TERN_ABORTED] = "ABORTED",
        [TERN_OUT_OF_RANGE] = "OUT_OF_RANGE",
        [TERN_UNIMPLEMENTED] = "UNIMPLEMENTED",
        [TERN_INTERNAL] = "INTERNAL",
        [TERN_UNAVAILABLE] = "UNAVAILABLE",
        [TERN_DATA_LOSS] = "DATA_LOSS",
        [TERN_UNAUTHENTICATED] = "UNAUTHENTICATED",
    };

    if (code == TERN_END)
        return "END";
    if (code == TERN_AGAIN)
        return "AGAIN";
    /* Through size_t, so that a negative value out of nowhere is large instead. */
    const size_t i = (size_t)code;
    return i < sizeof(names) / sizeof(names[0]) ? names[i] : "UNKNOWN";
}
