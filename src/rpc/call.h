/* SPDX-License-Identifier: Apache-2.0 */
/*
 * call.h: what the calls of server and client have in common: the object behind tern_call.
 *
 * Parts, by thread: `grpc`, and the arena that it was given, belong to the connection's thread. The
 * rest belongs to the user's thread (the handler's, the stream reader's) once the call was handed to
 * it, but `cancelled`, which any thread reads and the connection's thread sets. What both need (the
 * deadline, metadata) is there twice. Roles differ by `ops`.
 */
#ifndef TN_RPC_CALL_H
#define TN_RPC_CALL_H

#include "grpc/grpc.h"
#include "grpc/metadata.h"
#include "tern/call.h"
#include <stdatomic.h>

typedef struct tn_call_ops {
    tern_code (*send)(tern_call *call, const void *message);
    tern_code (*recv)(tern_call *call, const void **message);
    const tern_status *(*status)(const tern_call *call);
    tern_code (*close)(tern_call *call, tern_error *err);
} tn_call_ops;

struct tern_call {
    tn_grpc_call grpc; /* first */
    const tn_call_ops *ops;
    const tern_env *env;
    const tern_method *method;
    void *user;
    tern_arena *arena;   /* the handler's; NULL in a client's call */
    tern_arena *scratch; /* owned; made on first use, NULL in unary calls */
    const char *peer;    /* text, outlives the call */
    tern_str authority;
    uint64_t deadline;        /* ns; UINT64_MAX without */
    tern_metadata metadata;   /* the peer's */
    tn_metadata_list headers; /* to be sent, until headers_gone */
    tn_metadata_list trailers;
    tern_str fail_text;  /* of tern_call_fail */
    tern_code fail_code; /* the same; what a handler that returns OK has said */
    tern_bytes details;  /* of tern_call_set_details; in arena */
    bool failed, headers_gone;
    bool no_memory; /* a string or metadata did not fit: the call must not succeed */
    atomic_bool cancelled;
};

/* A thread that must never wait for calls (it turns a loop) says so; the stubs refuse to block on it. */
void tn_rpc_mark_io_thread(bool on);
bool tn_rpc_on_io_thread(void);

#endif
