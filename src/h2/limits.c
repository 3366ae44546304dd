/* SPDX-License-Identifier: Apache-2.0 */
/*
 * limits.c: the rows of limits.inc as data, and how a bucket is emptied and filled.
 */
#include "h2/limits.h"

const tn_h2_limit_row tn_h2_limit_rows[TN_H2_LIMITS] = {
#define LIMIT(id, value, unit, per_second, code, debug, attack, response)                          \
    { #id, value, unit, per_second, TN_H2_##code, debug, attack, response },
#include "h2/limits.inc"
#undef LIMIT
};

tn_h2_error tn_h2_limit_error(tn_h2_limit limit)
{
    const tn_h2_limit_row *row = &tn_h2_limit_rows[limit];
    return tn_h2_connection_error(row->code, row->debug);
}

bool tn_h2_bucket_take(tn_h2_bucket *b, uint32_t burst, uint32_t per_second, uint64_t now)
{
    const uint64_t step = TN_H2_SECOND / per_second;
    const uint64_t come = now > b->filled ? (now - b->filled) / step : 0;
    /* A full bucket gains nothing by waiting: its time begins with the first token taken. */
    if (come >= b->spent) {
        b->spent = 0;
        b->filled = now > b->filled ? now : b->filled;
    } else if (come) {
        b->spent -= (uint32_t)come;
        b->filled += come * step;
    }
    if (b->spent >= burst)
        return false;
    b->spent++;
    return true;
}
