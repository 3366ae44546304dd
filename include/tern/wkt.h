/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wkt.h: helpers for the well-known types: time, Any, Struct, FieldMask, the wrappers, and Status with
 * its details.
 *
 * The messages are google/protobuf/NAME.tern.h, plain structs as all others; these helpers keep the
 * rules that their fields have beyond the wire format (the comments of google/protobuf/NAME.proto).
 * The name of a helper is that of its type: Timestamp is tern_timestamp_..., ListValue is
 * tern_list_value_....
 *
 * A peer may leave out any message: what only reads one takes NULL for it, and says what it says of
 * one that does not fit. What is built in an arena is whole or not there at all: on failure the
 * message is as it was. A string that is borrowed is copied into the arena, with a NUL behind it.
 * Any thread; a message and an arena belong to one thread at a time.
 */
#ifndef TERN_WKT_H
#define TERN_WKT_H

#include "google/protobuf/any.tern.h"
#include "google/protobuf/duration.tern.h"
#include "google/protobuf/field_mask.tern.h"
#include "google/protobuf/struct.tern.h"
#include "google/protobuf/timestamp.tern.h"
#include "google/protobuf/wrappers.tern.h"
#include "google/rpc/status.tern.h"
#include <time.h>

TERN_BEGIN_DECLS

/* ---- Timestamp ------------------------------------------------------------------------------- */

/* Seconds since 1970 of 0001-01-01T00:00:00Z and of 9999-12-31T23:59:59Z. */
#define TERN_TIMESTAMP_SECONDS_MIN INT64_C(-62135596800)
#define TERN_TIMESTAMP_SECONDS_MAX INT64_C(253402300799)

/*
 * TERN_OK when seconds are within the bounds above and nanos from 0 to 999,999,999.
 * INVALID_ARGUMENT: not, or t is NULL; the text says which field and what it holds.
 */
TERN_API tern_code tern_timestamp_check(const google_protobuf_Timestamp *t, tern_error *err);

/* What the env's wall clock says; env NULL is the system's. Any thread. */
TERN_API google_protobuf_Timestamp tern_timestamp_now(const tern_env *env);

/* Of nanoseconds since 1970. Every number has a timestamp: they reach from 1677 to 2262. */
TERN_API google_protobuf_Timestamp tern_timestamp_of_nanos(int64_t nanos);

/* Nanoseconds since 1970. False, *nanos unchanged: t does not pass the check, or int64_t does not
 * reach it. */
TERN_API bool tern_timestamp_to_nanos(const google_protobuf_Timestamp *t,
                                      int64_t *nanos) TERN_MUST_USE;

/* Overwrites *out wholly, unknown fields too. tv_nsec may be any number, and is carried into the
 * seconds. False, *out unchanged: out of range. */
TERN_API bool tern_timestamp_of_timespec(struct timespec t,
                                         google_protobuf_Timestamp *out) TERN_MUST_USE;

/* tv_nsec is from 0 to 999,999,999. False, *out unchanged: t does not pass the check, or time_t does
 * not reach it. */
TERN_API bool tern_timestamp_to_timespec(const google_protobuf_Timestamp *t,
                                         struct timespec *out) TERN_MUST_USE;

/* ---- Duration -------------------------------------------------------------------------------- */

/* Either way. */
#define TERN_DURATION_SECONDS_MAX INT64_C(315576000000)

/*
 * TERN_OK when seconds are within the bound above, nanos within 999,999,999 either way, and not one
 * above zero and the other below.
 * INVALID_ARGUMENT: not, or d is NULL; the text says which field and what it holds.
 */
TERN_API tern_code tern_duration_check(const google_protobuf_Duration *d, tern_error *err);

/* Of nanoseconds; every number has a duration. */
TERN_API google_protobuf_Duration tern_duration_of_nanos(int64_t nanos);

/* Nanoseconds. False, *nanos unchanged: d does not pass the check, or is beyond the 292 years that
 * int64_t reaches. */
TERN_API bool tern_duration_to_nanos(const google_protobuf_Duration *d,
                                     int64_t *nanos) TERN_MUST_USE;

/* Overwrites *out wholly, unknown fields too. The length is tv_sec + tv_nsec / 10^9, whatever their
 * signs and sizes. False, *out unchanged: out of range. */
TERN_API bool tern_duration_of_timespec(struct timespec t,
                                        google_protobuf_Duration *out) TERN_MUST_USE;

/* tv_nsec is from 0 to 999,999,999, as POSIX has it: -1.5 s is { -2, 500000000 }. False, *out
 * unchanged: d does not pass the check, or time_t does not reach it. */
TERN_API bool tern_duration_to_timespec(const google_protobuf_Duration *d,
                                        struct timespec *out) TERN_MUST_USE;

/* ---- Any ------------------------------------------------------------------------------------- */

/* What tern_any_pack puts before the name of the type. */
#define TERN_ANY_PREFIX "type.googleapis.com/"

/* The full name of the type, "shop.v1.Order": what follows the last slash of type_url; borrowed from
 * the Any. Absent when there is no slash, or nothing behind it. */
TERN_API tern_str tern_any_name(const google_protobuf_Any *any);

/* Does it say that it holds such a message? Hosts do not count; the value is not looked at. */
TERN_API bool tern_any_is(const google_protobuf_Any *any, const tern_pb_table *table);

/*
 * Encodes msg (borrowed, of the table's type) into the arena and overwrites *any wholly, on success
 * only. prefix (borrowed) comes before the name, with a slash between them unless it ends in one; it
 * must be UTF-8. Errors are those of tern_pb_encode, and FAILED_PRECONDITION for a table of another
 * ABI.
 */
TERN_API tern_code tern_any_pack_as(google_protobuf_Any *any, tern_str prefix,
                                    const tern_pb_table *table, const void *msg, tern_arena *arena,
                                    tern_error *err);

/* The same under TERN_ANY_PREFIX. */
TERN_API tern_code tern_any_pack(google_protobuf_Any *any, const tern_pb_table *table,
                                 const void *msg, tern_arena *arena, tern_error *err);

/*
 * The message inside (arena, of the table's type, a copy: it does not point into the Any), or NULL
 * with err. opts may be NULL; each unpack has limits of its own, so count the levels when an Any may
 * hold an Any.
 * INVALID_ARGUMENT: any is NULL, its type_url names no type or another one, or the value is
 * malformed. RESOURCE_EXHAUSTED, FAILED_PRECONDITION: as tern_pb_decode.
 */
TERN_API void *tern_any_unpack(const google_protobuf_Any *any, const tern_pb_table *table,
                               tern_arena *arena, const tern_pb_decode_opts *opts,
                               tern_error *err) TERN_MUST_USE;

/* ---- Status: google.rpc ----------------------------------------------------------------------
 *
 * What travels in grpc-status-details-bin (tern/call.h): google_rpc_Status_encode gives the bytes that
 * tern_call_set_details takes, google_rpc_Status_decode reads those of a status that came. The usual
 * details are in google/rpc/error_details.tern.h.
 */

/*
 * Packs detail (borrowed, of the table's type) and appends it to the status. Errors as tern_any_pack
 * has them; on failure the status is as it was.
 */
TERN_API tern_code tern_status_add_detail(google_rpc_Status *status, const tern_pb_table *table,
                                          const void *detail, tern_arena *arena, tern_error *err);

/*
 * The first detail of the table's type (arena, a copy). NULL with err: NOT_FOUND when there is none;
 * else as tern_any_unpack has it.
 */
TERN_API void *tern_status_detail(const google_rpc_Status *status, const tern_pb_table *table,
                                  tern_arena *arena, tern_error *err) TERN_MUST_USE;

/* ---- Struct, Value, ListValue: reading ------------------------------------------------------- */

/* The value of the key (borrowed), or of the element counted from 0; NULL when there is none. What
 * is returned lives as long as the message, until the next change of it. */
TERN_API const google_protobuf_Value *tern_struct_get(const google_protobuf_Struct *s,
                                                      tern_str key);
TERN_API const google_protobuf_Value *tern_list_value_get(const google_protobuf_ListValue *list,
                                                          size_t i);

/*
 * What a value holds. False or NULL when it is NULL or of another kind, and *out is unchanged then:
 * nothing is converted. The string is borrowed from the message, and never absent. They take what
 * the two above return, so that a path is read in one go:
 *     if (!tern_value_number(tern_struct_get(tern_value_struct(v), TERN_STR("size")), &size)) ...
 */
TERN_API bool tern_value_is_null(const google_protobuf_Value *v);
TERN_API bool tern_value_number(const google_protobuf_Value *v, double *out);
TERN_API bool tern_value_string(const google_protobuf_Value *v, tern_str *out);
TERN_API bool tern_value_bool(const google_protobuf_Value *v, bool *out);
TERN_API const google_protobuf_Struct *tern_value_struct(const google_protobuf_Value *v);
TERN_API const google_protobuf_ListValue *tern_value_list(const google_protobuf_Value *v);

/* ---- Struct, ListValue: building ------------------------------------------------------------- */

/*
 * A new value under the key, in the place of one that was there; put returns it without a kind, for
 * a google_protobuf_Value_set_... to give it one. key and string are borrowed, and must be UTF-8, or
 * no encode will take them; a number that is NaN or infinite has no JSON. put_struct and put_list
 * return what they put, empty, to be filled. False or NULL: no memory.
 * One may nest deeper than an encode takes (tern_pb_encode): each level of Struct counts three, of
 * ListValue two.
 */
TERN_API google_protobuf_Value *tern_struct_put(google_protobuf_Struct *s, tern_str key,
                                                tern_arena *arena) TERN_MUST_USE;
TERN_API bool tern_struct_put_null(google_protobuf_Struct *s, tern_str key,
                                   tern_arena *arena) TERN_MUST_USE;
TERN_API bool tern_struct_put_number(google_protobuf_Struct *s, tern_str key, double number,
                                     tern_arena *arena) TERN_MUST_USE;
TERN_API bool tern_struct_put_string(google_protobuf_Struct *s, tern_str key, tern_str string,
                                     tern_arena *arena) TERN_MUST_USE;
TERN_API bool tern_struct_put_bool(google_protobuf_Struct *s, tern_str key, bool truth,
                                   tern_arena *arena) TERN_MUST_USE;
TERN_API google_protobuf_Struct *tern_struct_put_struct(google_protobuf_Struct *s, tern_str key,
                                                        tern_arena *arena) TERN_MUST_USE;
TERN_API google_protobuf_ListValue *tern_struct_put_list(google_protobuf_Struct *s, tern_str key,
                                                         tern_arena *arena) TERN_MUST_USE;

/* The same behind the last element of a list; google_protobuf_ListValue_add_values is its `put`. */
TERN_API bool tern_list_value_add_null(google_protobuf_ListValue *list,
                                       tern_arena *arena) TERN_MUST_USE;
TERN_API bool tern_list_value_add_number(google_protobuf_ListValue *list, double number,
                                         tern_arena *arena) TERN_MUST_USE;
TERN_API bool tern_list_value_add_string(google_protobuf_ListValue *list, tern_str string,
                                         tern_arena *arena) TERN_MUST_USE;
TERN_API bool tern_list_value_add_bool(google_protobuf_ListValue *list, bool truth,
                                       tern_arena *arena) TERN_MUST_USE;
TERN_API google_protobuf_Struct *tern_list_value_add_struct(google_protobuf_ListValue *list,
                                                            tern_arena *arena) TERN_MUST_USE;
TERN_API google_protobuf_ListValue *tern_list_value_add_list(google_protobuf_ListValue *list,
                                                             tern_arena *arena) TERN_MUST_USE;

/* ---- FieldMask ------------------------------------------------------------------------------- */

/*
 * Adds a path (borrowed) behind the others: field names as the .proto file has them, letters, digits
 * and underscores, with dots between them.
 * INVALID_ARGUMENT: it is no such path. RESOURCE_EXHAUSTED: no memory.
 */
TERN_API tern_code tern_field_mask_add(google_protobuf_FieldMask *mask, tern_str path,
                                       tern_arena *arena, tern_error *err);

/* Does the mask name the path (borrowed), or a message that it is in: "a" contains "a" and "a.b",
 * not "ab". An empty mask contains nothing; whether it stands for all is the service's to say. */
TERN_API bool tern_field_mask_contains(const google_protobuf_FieldMask *mask, tern_str path);

/* Sorts the paths by their names, and drops each that another one contains. In place, in n log n
 * steps, without memory; takes masks from anywhere, whatever their paths look like. */
TERN_API void tern_field_mask_normalise(google_protobuf_FieldMask *mask);

/* ---- Wrappers: a new one (arena) that holds the value; NULL when there is no memory ----------- */

static inline TERN_MUST_USE google_protobuf_DoubleValue *tern_double_value_of(double value,
                                                                              tern_arena *arena)
{
    google_protobuf_DoubleValue *w = google_protobuf_DoubleValue_new(arena);
    if (w)
        w->value = value;
    return w;
}

static inline TERN_MUST_USE google_protobuf_FloatValue *tern_float_value_of(float value,
                                                                            tern_arena *arena)
{
    google_protobuf_FloatValue *w = google_protobuf_FloatValue_new(arena);
    if (w)
        w->value = value;
    return w;
}

static inline TERN_MUST_USE google_protobuf_Int64Value *tern_int64_value_of(int64_t value,
                                                                            tern_arena *arena)
{
    google_protobuf_Int64Value *w = google_protobuf_Int64Value_new(arena);
    if (w)
        w->value = value;
    return w;
}

static inline TERN_MUST_USE google_protobuf_UInt64Value *tern_uint64_value_of(uint64_t value,
                                                                              tern_arena *arena)
{
    google_protobuf_UInt64Value *w = google_protobuf_UInt64Value_new(arena);
    if (w)
        w->value = value;
    return w;
}

static inline TERN_MUST_USE google_protobuf_Int32Value *tern_int32_value_of(int32_t value,
                                                                            tern_arena *arena)
{
    google_protobuf_Int32Value *w = google_protobuf_Int32Value_new(arena);
    if (w)
        w->value = value;
    return w;
}

static inline TERN_MUST_USE google_protobuf_UInt32Value *tern_uint32_value_of(uint32_t value,
                                                                              tern_arena *arena)
{
    google_protobuf_UInt32Value *w = google_protobuf_UInt32Value_new(arena);
    if (w)
        w->value = value;
    return w;
}

static inline TERN_MUST_USE google_protobuf_BoolValue *tern_bool_value_of(bool value,
                                                                          tern_arena *arena)
{
    google_protobuf_BoolValue *w = google_protobuf_BoolValue_new(arena);
    if (w)
        w->value = value;
    return w;
}

/* The bytes are borrowed, as ever: copied. An absent string becomes an empty one. */
static inline TERN_MUST_USE google_protobuf_StringValue *tern_string_value_of(tern_str value,
                                                                              tern_arena *arena)
{
    const tern_str empty = { "", 0 };
    google_protobuf_StringValue *w = google_protobuf_StringValue_new(arena);
    if (w)
        w->value = tern_arena_copy(arena, value.n ? value : empty);
    return w && w->value.p ? w : NULL;
}

static inline TERN_MUST_USE google_protobuf_BytesValue *tern_bytes_value_of(tern_bytes value,
                                                                            tern_arena *arena)
{
    const tern_str chars = { value.n ? (const char *)value.p : "", value.n };
    google_protobuf_BytesValue *w = google_protobuf_BytesValue_new(arena);
    const tern_str copy = tern_arena_copy(arena, chars);
    if (!w || !copy.p)
        return NULL;
    w->value.p = (const uint8_t *)copy.p;
    w->value.n = copy.n;
    return w;
}

TERN_END_DECLS

#endif
