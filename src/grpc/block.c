/* SPDX-License-Identifier: Apache-2.0 */
/*
 * block.c: the texts for a block that is refused. See block.h.
 */
#include "grpc/block.h"
#include "grpc/metadata.h"

static const char *sender(const tn_grpc_call *call)
{
    return call->conn->config->h2.server ? "request" : "response";
}

tern_str tn_grpc_too_large_text(const tn_grpc_call *call, const char *what)
{
    const tn_h2_config *limits = tn_h2_config_of(call->conn->h2);
    return tern_arena_printf(
        call->arena,
        "the %s's %s are over the limit of %u bytes (each field counts 32 more) or %u fields: "
        "max_header_list_bytes and max_header_fields set it",
        sender(call), what, (unsigned)limits->max_header_list_bytes,
        (unsigned)limits->max_header_fields);
}

tern_str tn_grpc_metadata_text(const tn_grpc_call *call, tern_code code, const tn_h2_field *bad)
{
    if (!bad)
        return call->conn->config->h2.server ? TERN_STR("no memory for the request's metadata")
                                             : TERN_STR("no memory for the response's metadata");
    if (code == TERN_INTERNAL)
        return tern_arena_printf(call->arena,
                                 "the value of the %s's metadata key \"%.*s\" is not base64",
                                 sender(call), TN_GRPC_SHOW(bad->name));
    return tern_arena_printf(call->arena,
                             "metadata key \"%.*s\" brings the %s over the limit of %d values",
                             TN_GRPC_SHOW(bad->name), sender(call), TN_METADATA_MAX_VALUES);
}
