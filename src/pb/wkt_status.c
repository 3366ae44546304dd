/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wkt_status.c: google.rpc.Status: details by their types.
 *
 * No state, any thread.
 */
#include "pb/table.h"
#include "tern/wkt.h"

tern_code tern_status_add_detail(google_rpc_Status *status, const tern_pb_table *table,
                                 const void *detail, tern_arena *arena, tern_error *err)
{
    google_protobuf_Any *any = google_protobuf_Any_new(arena);
    if (!any)
        return tern_error_set(err, TERN_RESOURCE_EXHAUSTED, TERN_ORIGIN_LOCAL,
                              "google.rpc.Status: no memory for a %s", table->full_name);
    const tern_code code = tern_any_pack(any, table, detail, arena, err);
    if (code != TERN_OK)
        return code;
    google_protobuf_Any **slot = tern_pb_append(&status->details, sizeof(*slot), arena);
    if (!slot)
        return tern_error_set(err, TERN_RESOURCE_EXHAUSTED, TERN_ORIGIN_LOCAL,
                              "google.rpc.Status: no memory for a %s", table->full_name);
    *slot = any;
    return TERN_OK;
}

void *tern_status_detail(const google_rpc_Status *status, const tern_pb_table *table,
                         tern_arena *arena, tern_error *err)
{
    tern_error_clear(err);
    for (size_t i = 0; status && i < status->details.n; i++)
        if (tern_any_is(status->details.p[i], table))
            return tern_any_unpack(status->details.p[i], table, arena, NULL, err);
    (void)tern_error_set(err, TERN_NOT_FOUND, TERN_ORIGIN_LOCAL,
                         "google.rpc.Status: no detail is a %s", table->full_name);
    return NULL;
}
