/* SPDX-License-Identifier: Apache-2.0 */
/*
 * limits.c: tern_limits: what bounds a connection, and what these bounds add up to.
 *
 * The sum counts what the allocator hook sees, at its worst, of everything at once. It is a ceiling and
 * not an estimate: a connection that is used takes some KiB. What a handler takes for itself is its own,
 * and so is what it sends beyond the mark at which it is made to wait.
 */
#include "h2/limits.h"
#include "h2/frame.h"
#include "server/internal.h"
#include <stdio.h>

typedef struct text {
    char *p;
    size_t room, n; /* n: of the whole, also of what did not fit */
} text;

static void __attribute__((format(printf, 2, 3))) say(text *t, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    const size_t left = t->n < t->room ? t->room - t->n : 0;
    const int n = vsnprintf(left ? t->p + t->n : NULL, left, format, ap);
    va_end(ap);
    t->n += n > 0 ? (size_t)n : 0;
}

/* ---- the limits ---- */

/* The value in force: an option's, or the row's own. */
static uint32_t in_force(const tern_server_opts *o, tn_h2_limit limit)
{
    return limit == TN_H2_LIMIT_MAX_STREAMS ? o->max_concurrent_streams
                                            : tn_h2_limit_rows[limit].value;
}

static void say_limits(text *t, const tern_server_opts *o)
{
    for (tn_h2_limit i = 0; i < TN_H2_LIMITS; i++) {
        const tn_h2_limit_row *row = &tn_h2_limit_rows[i];
        say(t, "%s: %u%s%s", row->name, in_force(o, i), *row->unit ? " " : "", row->unit);
        if (row->per_second)
            say(t, " at once, then %u a second", row->per_second);
        if (row->debug)
            say(t, "; above, GOAWAY %s \"%s\"", tn_h2_code_name(row->code), row->debug);
        else if (row->code != TN_H2_NO_ERROR)
            say(t, "; above, RST_STREAM %s", tn_h2_code_name(row->code));
        say(t, "\n  against %s\n  %s\n", row->attack, row->response);
    }
    say(t, "max_recv_bytes: %u octets of one message; above, RESOURCE_EXHAUSTED\n",
        o->max_recv_bytes);
    say(t,
        "max_queued_calls: %u calls wait for %u workers, %u ms at most; else RESOURCE_EXHAUSTED\n",
        o->max_queued_calls, o->no_workers ? 0 : o->workers, o->max_queued_ms);
}

/* ---- the ceiling ---- */

enum {
    CONNECTION = 2048,    /* its objects; measured, tests/server/footprint_test.c */
    TABLE_EXTRA = 1024,   /* of an HPACK table: what finds its entries */
    ARENA_BLOCK = 4096,   /* the least that a call's arena grows by */
    READS_KEPT = 2,       /* of TURN_BYTES, while new streams have their turns */
    ANSWERS_OF_A_READ = 2 /* times its octets: what one read can make us answer */
};

typedef struct part {
    const char *what;
    uint64_t bytes;
} part;

enum { PARTS = 9 };

static void parts_of(const tern_server_opts *o, part parts[PARTS])
{
    /* As many calls again as streams: parked, or closed with their handler still running. */
    const uint64_t calls = UINT64_C(2) * o->max_concurrent_streams;
    const uint64_t message =
        o->max_recv_bytes > INT32_MAX ? UINT64_C(0x7fffffff) : o->max_recv_bytes;
    const part all[PARTS] = {
        { "connection: objects and both HPACK tables",
          CONNECTION + 2 * (TN_H2_HPACK_TABLE + TABLE_EXTRA) },
        { "input: one frame, one header block, its decoded list",
          TN_H2_MIN_FRAME_SIZE + (TN_H2_BLOCK_FACTOR + 1) * (uint64_t)TN_H2_HEADER_LIST },
        { "input: reads that wait for the next turn", (uint64_t)READS_KEPT * TN_H2_TURN_BYTES },
        { "calls: objects, two for each stream (max_concurrent_streams)",
          calls * (sizeof(tn_server_call) + ARENA_BLOCK) },
        { "calls: metadata, an arena's doubling included", UINT64_C(2) * TN_H2_HEADER_BYTES },
        { "calls: one message each and one window (max_recv_bytes)",
          calls * (message + TN_H2_RECEIVE_WINDOW) },
        { "windows that have grown", TN_H2_WINDOWS_GROW },
        { "output: prepared, and answers to what the peer sends",
          TN_H2_MAX_OUTPUT + (uint64_t)ANSWERS_OF_A_READ * TN_H2_TURN_BYTES },
        { "output: queued in streams before handlers wait",
          (uint64_t)o->max_concurrent_streams * TN_H2_HIGH_WATER },
    };
    memcpy(parts, all, sizeof all);
}

static uint64_t say_ceiling(text *t, const tern_server_opts *o)
{
    part parts[PARTS];
    uint64_t sum = 0;
    parts_of(o, parts);
    say(t, "at most held for one connection, octets:\n");
    for (int i = 0; i < PARTS; i++) {
        say(t, "%14llu  %s\n", (unsigned long long)parts[i].bytes, parts[i].what);
        sum += parts[i].bytes;
    }
    const bool unlimited = o->max_recv_bytes > INT32_MAX;
    if (unlimited)
        say(t, "     unlimited  in all: max_recv_bytes is\n");
    else
        say(t, "%14llu  in all\n", (unsigned long long)sum);
    say(t,
        "and for each handler that runs, whatever the connection: a decoded message of %u "
        "(max_decode_bytes)\n",
        o->max_decode_bytes);
    return unlimited ? UINT64_MAX : sum;
}

size_t tern_limits(const tern_server_opts *opts, char *p, size_t n, uint64_t *ceiling)
{
    tern_server_opts o;
    tern_error err;
    text t = { .p = p, .room = p ? n : 0 };
    tern_error_clear(&err);
    if (p && n)
        p[0] = '\0';
    if (tn_server_fill_opts(&o, opts, &err) != TERN_OK) {
        say(&t, "%s\n", err.text);
        if (ceiling)
            *ceiling = UINT64_MAX;
        return t.n;
    }
    say_limits(&t, &o);
    const uint64_t sum = say_ceiling(&t, &o);
    if (ceiling)
        *ceiling = sum;
    return t.n;
}
