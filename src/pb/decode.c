/* SPDX-License-Identifier: Apache-2.0 */
/*
 * decode.c: the binary decoder's ways in: options and their limits, required fields, errors.
 *
 * decode_run.c has the loop. One thread at a time, as the arena.
 */
#include "pb/decode.h"

#include "base/options.h"
#include "pb/decoder.h"
#include "pb/required.h"

#include <string.h>

/* Fills *known with opts and defaults, or tells what opts ask in vain. */
static tern_code read_opts(const tern_pb_decode_opts *opts, tern_pb_decode_opts *known,
                           tern_error *err)
{
    if (TN_LIKELY(!opts)) {
        *known = (tern_pb_decode_opts){ .memory_bytes = TN_PB_MEMORY_DEFAULT,
                                        .max_depth = TN_PB_DEPTH_MAX };
        return TERN_OK;
    }
    TN_TRY(tn_options_copy(known, sizeof(*known), opts, "tern_pb_decode_opts", err));
    return tn_pb_limits_read("tern_pb_decode_opts", &known->max_depth, &known->memory_bytes, err);
}

/* After run: required fields, and the error of a fault. */
static tern_code finish(tn_pb_decoder *d, tn_pb_fault fault, const tern_pb_table *table,
                        const void *msg, const tern_pb_decode_opts *known, const uint8_t *buf,
                        tern_error *err)
{
    if (fault == TN_PB_FINE)
        return known->partial ? TERN_OK : tn_pb_check_required(table, msg, d->required, err);
    if (fault == TN_PB_NO_MEMORY && d->mem.over)
        fault = TN_PB_OVER_BUDGET;
    const size_t limit = fault == TN_PB_TOO_DEEP ? known->max_depth : known->memory_bytes;
    return tn_pb_fault_set(err, fault, d->table, d->f, (size_t)(d->at - buf), limit);
}

/* As tn_pb_decode_in_place; `only` is the extension that is known instead of a registry's, or NULL. */
static tern_code decode(const tern_pb_table *table, void *msg, uint8_t *buf, size_t n,
                        tern_arena *arena, const tern_pb_decode_opts *opts,
                        const tern_pb_extension *only, tern_error *err)
{
    tern_pb_decode_opts known;
    tn_pb_decoder d;
    TN_TRY(tn_pb_check_abi(table, err));
    TN_TRY(read_opts(opts, &known, err));
    if (n > TN_PB_SIZE_MAX)
        return tn_pb_fault_set(err, TN_PB_LENGTH, table, NULL, 0, 0);
    d.mem = tn_pb_mem_of(arena, known.memory_bytes);
    d.stop = d.frames + known.max_depth;
    d.registry = known.registry;
    d.only = only;
    d.required = false;
    d.flags = table->flags;
    memset(buf + n, 0, TN_PB_SLACK);
    const tn_pb_fault fault = tn_pb_decode_run(&d, table, msg, buf, buf + n);
    if (TN_LIKELY(fault == TN_PB_FINE && !(d.flags & TERN_PB_OWN_REQUIRED)))
        return TERN_OK;
    return finish(&d, fault, table, msg, &known, buf, err);
}

tern_code tn_pb_decode_in_place(const tern_pb_table *table, void *msg, uint8_t *buf, size_t n,
                                tern_arena *arena, const tern_pb_decode_opts *opts, tern_error *err)
{
    return decode(table, msg, buf, n, arena, opts, NULL, err);
}

tern_code tern_pb_extension_promote(const tern_pb_extension *ext, void *msg, tern_arena *arena,
                                    const tern_pb_decode_opts *opts, tern_error *err)
{
    tern_error_clear(err);
    struct tern_pb_unknown *u = tn_pb_unknown_for(ext->extendee, msg);
    if (!u || u->n == 0)
        return TERN_OK;
    uint8_t *buf = tern_arena_alloc(arena, u->n + TN_PB_SLACK);
    if (!buf)
        return tn_pb_fault_set(err, TN_PB_NO_MEMORY, ext->extendee, NULL, 0, 0);
    memcpy(buf, u->p, u->n);
    /* All of them are decoded again; what is unknown still comes back in its order. */
    const struct tern_pb_unknown old = *u;
    u->p = NULL;
    u->n = u->cap = 0;
    const tern_code code = decode(ext->extendee, msg, buf, old.n, arena, opts, ext, err);
    if (code != TERN_OK) {
        u->p = old.p;
        u->n = old.n;
        u->cap = old.cap;
    }
    return code;
}

tern_code tern_pb_decode(const tern_pb_table *table, void *msg, tern_bytes in, tern_arena *arena,
                         const tern_pb_decode_opts *opts, tern_error *err)
{
    tern_error_clear(err);
    if (in.n > TN_PB_SIZE_MAX)
        return tn_pb_fault_set(err, TN_PB_LENGTH, table, NULL, 0, 0);
    uint8_t *buf = tern_arena_alloc(arena, in.n + TN_PB_SLACK);
    if (!buf)
        return tn_pb_fault_set(err, TN_PB_NO_MEMORY, table, NULL, 0, 0);
    if (in.n)
        memcpy(buf, in.p, in.n);
    return tn_pb_decode_in_place(table, msg, buf, in.n, arena, opts, err);
}
