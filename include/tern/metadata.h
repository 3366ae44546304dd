/* SPDX-License-Identifier: Apache-2.0 */
/*
 * metadata.h: the key-value pairs that travel with a call, before and after its messages.
 *
 * Keys are lower case: 0-9 a-z _ - and '.'. The value of a key that ends in "-bin" is any bytes
 * (the library does the base64); any other value is printable ASCII. A key may stand several
 * times; order is kept. Keys that start with "grpc-" and the names of HTTP/2 and gRPC's own fields
 * are reserved.
 */
#ifndef TERN_METADATA_H
#define TERN_METADATA_H

#include "tern/error.h"
#include "tern/str.h"

TERN_BEGIN_DECLS

typedef struct tern_metadata_entry {
    tern_str key, value;
} tern_metadata_entry;

typedef struct tern_metadata {
    const tern_metadata_entry *p;
    size_t n;
} tern_metadata;

/* The first value of key (a C string, lower case), or the absent string. Any thread. */
TERN_API tern_str tern_metadata_get(const tern_metadata *metadata, const char *key);

TERN_END_DECLS

#endif
