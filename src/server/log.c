/* SPDX-License-Identifier: Apache-2.0 */
/*
 * log.c: what a server says through the log hook, at most so many lines a second.
 *
 * Peers and handlers can bring about every line here as often as they like, so each I/O thread, with
 * the calls it has given to workers, has a bound of its own. What is left out is counted, and said
 * before the next line of a later second, or when the server is freed. Any thread; the hook is called
 * without the lock.
 */
#include "server/internal.h"

#include <stdio.h>

enum { LINES_A_SECOND = 10, SECOND_NS = 1000000000, LINE_BYTES = 640 };

/* May a line be said now? *left_out: how many could not be said before it. */
static bool admit(tn_server_log_state *log, uint64_t now, uint32_t *left_out)
{
    *left_out = 0;
    pthread_mutex_lock(&log->lock);
    if (!log->lines || now - log->since >= SECOND_NS) {
        *left_out = log->left_out;
        log->left_out = log->lines = 0;
        log->since = now;
    }
    const bool room = log->lines < LINES_A_SECOND;
    if (room)
        log->lines++;
    else
        log->left_out++;
    pthread_mutex_unlock(&log->lock);
    return room;
}

static void say_left_out(const tern_env *env, uint32_t n)
{
    if (n)
        tn_log(env, TERN_LOG_WARNING, "server: %u log lines were left out: over %d in a second", n,
               LINES_A_SECOND);
}

void tn_server_log(tn_server_io *io, tern_log_level level, const char *format, ...)
{
    const tern_env *env = io->server->env;
    if (!env->log)
        return;
    uint32_t left_out;
    const bool room = admit(&io->log, tn_now(env), &left_out);
    say_left_out(env, left_out);
    if (!room)
        return;
    char line[LINE_BYTES];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    tn_log(env, level, "server: %s", line);
}

void tn_server_log_init(tn_server_io *io)
{
    pthread_mutex_init(&io->log.lock, NULL);
}

void tn_server_log_fini(tn_server_io *io)
{
    say_left_out(io->server->env, io->log.left_out);
    pthread_mutex_destroy(&io->log.lock);
}
