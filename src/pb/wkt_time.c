/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wkt_time.c: google.protobuf.Timestamp and Duration, against nanoseconds and struct timespec.
 *
 * Two ways to write a time before zero meet here. Timestamp and timespec count nanoseconds forward
 * from a second below; Duration gives both parts one sign. Every way in passes through the first
 * form, every way out is checked first.
 * No state, any thread.
 */
#include "base/env.h"
#include "tern/wkt.h"

#include <inttypes.h>

#define NANOS 1000000000

/* Brings nanos within [0, NANOS). False: int64_t does not hold the seconds. */
static bool carry(int64_t *seconds, int64_t *nanos)
{
    int64_t whole = *nanos / NANOS;
    int64_t rest = *nanos % NANOS;
    if (rest < 0) {
        rest += NANOS;
        whole--;
    }
    *nanos = rest;
    return !__builtin_add_overflow(*seconds, whole, seconds);
}

/* Of parts that carry() made. */
static google_protobuf_Timestamp timestamp_of(int64_t seconds, int64_t nanos)
{
    return (google_protobuf_Timestamp){ .seconds = seconds, .nanos = (int32_t)nanos };
}

static google_protobuf_Duration duration_of(int64_t seconds, int64_t nanos)
{
    const bool below = seconds < 0 && nanos > 0;
    return (google_protobuf_Duration){ .seconds = below ? seconds + 1 : seconds,
                                       .nanos = (int32_t)(below ? nanos - NANOS : nanos) };
}

static bool total(int64_t seconds, int64_t nanos, int64_t *out)
{
    /* With one sign for both, no sum that fits has a product that does not. */
    const google_protobuf_Duration d = duration_of(seconds, nanos);
    int64_t sum;
    if (__builtin_mul_overflow(d.seconds, (int64_t)NANOS, &sum) ||
        __builtin_add_overflow(sum, (int64_t)d.nanos, &sum))
        return false;
    *out = sum;
    return true;
}

static bool to_timespec(int64_t seconds, int64_t nanos, struct timespec *out)
{
    if (!carry(&seconds, &nanos) || (int64_t)(time_t)seconds != seconds)
        return false;
    *out = (struct timespec){ .tv_sec = (time_t)seconds, .tv_nsec = (long)nanos };
    return true;
}

/* ---- Timestamp ------------------------------------------------------------------------------- */

tern_code tern_timestamp_check(const google_protobuf_Timestamp *t, tern_error *err)
{
    tern_error_clear(err);
    if (!t)
        return tern_error_set(err, TERN_INVALID_ARGUMENT, TERN_ORIGIN_LOCAL,
                              "google.protobuf.Timestamp: absent");
    if (t->seconds < TERN_TIMESTAMP_SECONDS_MIN || t->seconds > TERN_TIMESTAMP_SECONDS_MAX)
        return tern_error_set(err, TERN_INVALID_ARGUMENT, TERN_ORIGIN_LOCAL,
                              "google.protobuf.Timestamp.seconds: %" PRId64
                              " is outside the years 1 to 9999",
                              t->seconds);
    if (t->nanos < 0 || t->nanos >= NANOS)
        return tern_error_set(
            err, TERN_INVALID_ARGUMENT, TERN_ORIGIN_LOCAL,
            "google.protobuf.Timestamp.nanos: %" PRId32 " is outside 0 to 999999999", t->nanos);
    return TERN_OK;
}

google_protobuf_Timestamp tern_timestamp_now(const tern_env *env)
{
    return tern_timestamp_of_nanos(tn_wall(tn_env_of(env)));
}

google_protobuf_Timestamp tern_timestamp_of_nanos(int64_t nanos)
{
    int64_t seconds = 0;
    (void)carry(&seconds, &nanos);
    return timestamp_of(seconds, nanos);
}

bool tern_timestamp_to_nanos(const google_protobuf_Timestamp *t, int64_t *nanos)
{
    return tern_timestamp_check(t, NULL) == TERN_OK && total(t->seconds, t->nanos, nanos);
}

bool tern_timestamp_of_timespec(struct timespec t, google_protobuf_Timestamp *out)
{
    int64_t seconds = t.tv_sec, nanos = t.tv_nsec;
    if (!carry(&seconds, &nanos))
        return false;
    const google_protobuf_Timestamp made = timestamp_of(seconds, nanos);
    if (tern_timestamp_check(&made, NULL) != TERN_OK)
        return false;
    *out = made;
    return true;
}

bool tern_timestamp_to_timespec(const google_protobuf_Timestamp *t, struct timespec *out)
{
    return tern_timestamp_check(t, NULL) == TERN_OK && to_timespec(t->seconds, t->nanos, out);
}

/* ---- Duration -------------------------------------------------------------------------------- */

tern_code tern_duration_check(const google_protobuf_Duration *d, tern_error *err)
{
    tern_error_clear(err);
    if (!d)
        return tern_error_set(err, TERN_INVALID_ARGUMENT, TERN_ORIGIN_LOCAL,
                              "google.protobuf.Duration: absent");
    if (d->seconds < -TERN_DURATION_SECONDS_MAX || d->seconds > TERN_DURATION_SECONDS_MAX)
        return tern_error_set(err, TERN_INVALID_ARGUMENT, TERN_ORIGIN_LOCAL,
                              "google.protobuf.Duration.seconds: %" PRId64
                              " is outside -315576000000 to 315576000000",
                              d->seconds);
    if (d->nanos <= -NANOS || d->nanos >= NANOS)
        return tern_error_set(err, TERN_INVALID_ARGUMENT, TERN_ORIGIN_LOCAL,
                              "google.protobuf.Duration.nanos: %" PRId32
                              " is outside -999999999 to 999999999",
                              d->nanos);
    if ((d->seconds > 0 && d->nanos < 0) || (d->seconds < 0 && d->nanos > 0))
        return tern_error_set(err, TERN_INVALID_ARGUMENT, TERN_ORIGIN_LOCAL,
                              "google.protobuf.Duration: seconds %" PRId64 " and nanos %" PRId32
                              " have opposite signs",
                              d->seconds, d->nanos);
    return TERN_OK;
}

google_protobuf_Duration tern_duration_of_nanos(int64_t nanos)
{
    int64_t seconds = 0;
    (void)carry(&seconds, &nanos);
    return duration_of(seconds, nanos);
}

bool tern_duration_to_nanos(const google_protobuf_Duration *d, int64_t *nanos)
{
    return tern_duration_check(d, NULL) == TERN_OK && total(d->seconds, d->nanos, nanos);
}

bool tern_duration_of_timespec(struct timespec t, google_protobuf_Duration *out)
{
    int64_t seconds = t.tv_sec, nanos = t.tv_nsec;
    if (!carry(&seconds, &nanos))
        return false;
    const google_protobuf_Duration made = duration_of(seconds, nanos);
    if (tern_duration_check(&made, NULL) != TERN_OK)
        return false;
    *out = made;
    return true;
}

bool tern_duration_to_timespec(const google_protobuf_Duration *d, struct timespec *out)
{
    return tern_duration_check(d, NULL) == TERN_OK && to_timespec(d->seconds, d->nanos, out);
}
