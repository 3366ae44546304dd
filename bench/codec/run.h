/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run.h: what the programs of bench/codec share: they read the rows' data, time an operation, and print
 * `row operation nanoseconds bytes`. C and C++ include it; each program is one file.
 *
 *   program FOLDER [ROW [OPERATION [COUNT]]]
 *
 * times all rows and operations, or those named. With COUNT the operation runs so often and nothing is
 * timed, for callgrind. A batch takes about 5 ms; the best of BATCHES is printed.
 */
#ifndef BENCH_RUN_H
#define BENCH_RUN_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { BATCHES = 25, BATCH_NS = 5000000 };

/* What a program measures with. open: the state of a row, NULL when this library cannot have it. Each
 * operation returns the bytes that it read or made, 0 on failure; NULL where it has none. */
typedef struct bench_peer {
    void *(*open)(const char *row, const uint8_t *data, size_t n);
    struct {
        const char *name;
        size_t (*run)(void *state);
    } operations[5];
} bench_peer;

static const char *const bench_rows[] = {
    "echo16",  "echo32", "echo64", "echo1024", "flat", "groups",
    "complex", "wide",   "packed", "map",      "deep", "descriptor",
};

static inline uint64_t bench_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static inline uint64_t bench_batch(size_t (*run)(void *), void *state, uint64_t count)
{
    const uint64_t start = bench_now();
    for (uint64_t i = 0; i < count; i++)
        if (!run(state))
            return 0;
    return bench_now() - start + 1;
}

static inline void bench_time(const char *row, const char *operation, size_t (*run)(void *),
                              void *state)
{
    const size_t bytes = run(state);
    uint64_t count = 1, ns = bench_batch(run, state, 1);
    while (ns && ns < BATCH_NS / 4) {
        count *= 2;
        ns = bench_batch(run, state, count);
    }
    if (!bytes || !ns) {
        printf("%s %s failed\n", row, operation);
        return;
    }
    count = count * BATCH_NS / ns + 1;
    double best = 1e300;
    for (int i = 0; i < BATCHES; i++) {
        const double each = (double)bench_batch(run, state, count) / (double)count;
        best = each < best ? each : best;
    }
    printf("%s %s %.2f %zu\n", row, operation, best, bytes);
    fflush(stdout);
}

static inline uint8_t *bench_read(const char *folder, const char *row, size_t *n)
{
    char path[4096];
    snprintf(path, sizeof(path), "%s/%s.bin", folder, row);
    FILE *f = fopen(path, "rb");
    if (!f) {
        perror(path);
        exit(1);
    }
    uint8_t *data = (uint8_t *)malloc(1 << 20);
    *n = data ? fread(data, 1, 1 << 20, f) : 0;
    fclose(f);
    return data;
}

static inline int bench_main(int argc, char **argv, const bench_peer *peer)
{
    const char *only = argc > 2 ? argv[2] : NULL, *op = argc > 3 ? argv[3] : NULL;
    const long count = argc > 4 ? atol(argv[4]) : 0;
    if (argc < 2) {
        fprintf(stderr, "usage: %s FOLDER [ROW [OPERATION [COUNT]]]\n", argv[0]);
        return 2;
    }
    for (size_t i = 0; i < sizeof(bench_rows) / sizeof(bench_rows[0]); i++) {
        if (only && strcmp(only, bench_rows[i]) != 0)
            continue;
        size_t n;
        uint8_t *data = bench_read(argv[1], bench_rows[i], &n);
        void *state = peer->open(bench_rows[i], data, n);
        for (size_t k = 0; state && k < 5 && peer->operations[k].name; k++) {
            if (op && strcmp(op, peer->operations[k].name) != 0)
                continue;
            if (count)
                (void)bench_batch(peer->operations[k].run, state, (uint64_t)count);
            else
                bench_time(bench_rows[i], peer->operations[k].name, peer->operations[k].run, state);
        }
    }
    return 0;
}

#endif
