/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench-h2: the cost of HPACK, HTTP/2 and gRPC framing in memory.
 *
 * Each case is run in passes of at least 200 ms; the quickest pass counts, for what disturbs a pass only
 * makes it longer. Allocations are counted by the env's hook: after the first runs there must be none.
 * Exit 1 when something that must be so is not. Times are shown beside their targets and judge nothing,
 * for they are the machine's, too; what judges is the count of instructions (bench/h2/run), the same on
 * all machines.
 */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const uint64_t pass_ns = 200 * 1000 * 1000;

static uint64_t allocations;

static void *counting_alloc(void *user, void *old, size_t old_size, size_t new_size)
{
    (void)user;
    (void)old_size;
    if (new_size == 0) {
        free(old);
        return NULL;
    }
    allocations++;
    return realloc(old, new_size);
}

static const tern_env counting = { .size = sizeof(tern_env), .alloc = counting_alloc };

void bench_must(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "bench-h2: not so: %s\n", what);
    exit(1);
}

static uint64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* Here callgrind counts. */
__attribute__((noinline)) static void bench_measured(const bench_case *k, void *state, uint32_t n)
{
    k->run(state, n);
}

/* How many units take a pass. */
static uint32_t calibrate(const bench_case *k, void *state)
{
    for (uint32_t n = 400;; n *= 2) {
        const uint64_t start = now_ns();
        k->run(state, n);
        const uint64_t took = now_ns() - start;
        if (took > pass_ns / 8 || n > 1u << 28)
            return (uint32_t)(n * pass_ns / (took ? took : 1) / 400 + 1) * 400;
    }
}

static void measure(const bench_case *k, int passes)
{
    void *state = k->make(&counting, k->variant);
    const uint32_t n = calibrate(k, state);
    const uint64_t before = allocations;
    uint64_t best = UINT64_MAX;
    for (int i = 0; i < passes; i++) {
        const uint64_t start = now_ns();
        bench_measured(k, state, n);
        const uint64_t took = now_ns() - start;
        best = took < best ? took : best;
    }
    const double mallocs = (double)(allocations - before) / n / passes;
    k->drop(state);
    printf("  %-24s %8.1f ns per %-8s", k->name, (double)best / n, k->unit);
    if (k->most_ns)
        printf("  target %3u%s", k->most_ns, best > (uint64_t)k->most_ns * n ? "  OVER" : "      ");
    else
        printf("                  ");
    printf("  %.2f mallocs\n", mallocs);
    fflush(stdout);
    bench_must(mallocs == 0, "no malloc in steady state");
}

/* Exactly n units, for callgrind. */
static void count(const bench_case *k, uint32_t n)
{
    void *state = k->make(&counting, k->variant);
    k->run(state, n);
    bench_measured(k, state, n);
    k->drop(state);
}

static const bench_case *const groups[] = { bench_hpack, bench_h2, bench_grpc };

int main(int argc, char **argv)
{
    const char *only = NULL;
    int passes = 5;
    uint32_t exactly = 0;
    bool list = false;
    for (int i = 1; i < argc; i++) {
        if (strncmp(argv[i], "--only=", 7) == 0) {
            only = argv[i] + 7;
        } else if (strncmp(argv[i], "--passes=", 9) == 0) {
            passes = (int)strtol(argv[i] + 9, NULL, 10);
        } else if (strncmp(argv[i], "--exactly=", 10) == 0) {
            exactly = (uint32_t)strtoul(argv[i] + 10, NULL, 10);
        } else if (strcmp(argv[i], "--list") == 0) {
            list = true;
        } else {
            fputs("usage: bench-h2 [--list] [--only=CASE] [--passes=N] [--exactly=UNITS]\n",
                  stderr);
            return 2;
        }
    }
    for (size_t g = 0; g < sizeof groups / sizeof *groups; g++) {
        for (const bench_case *k = groups[g]; k->name; k++) {
            if (only && strcmp(only, k->name) != 0)
                continue;
            if (list)
                printf("%s %u\n", k->name, k->most_instructions);
            else if (exactly)
                count(k, exactly);
            else
                measure(k, passes > 0 ? passes : 1);
        }
    }
    return 0;
}
