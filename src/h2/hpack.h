/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hpack.h: header compression, RFC 7541, sans-I/O: a decoder and an encoder, one each a connection.
 *
 * Blocks are given and made whole: conn gathers CONTINUATION fragments, and splits. Both tables stand
 * in step with the peer's or the connection must die (R4): a verdict on a request never skips part of
 * a block. Zeroed memory is not a valid coder: init first. Tables take memory on first insert.
 * One thread at a time.
 */
#ifndef TN_H2_HPACK_H
#define TN_H2_HPACK_H

#include "base/buf.h"
#include "h2/hpack_field.h"
#include "h2/hpack_table.h"

#define TN_HPACK_DEFAULT_TABLE_BYTES 4096u

typedef enum tn_hpack_verdict {
    TN_HPACK_OK = 0,
    TN_HPACK_TOO_LARGE, /* over max_list or cap: *count is 0; d->list_bytes and d->list_fields tell how
                           large. The table is in step and the connection may go on, unless d->dead:
                           list_bytes / TN_H2_LIST_FACTOR is over max_list, the rest of the block was
                           not read, and the connection must end (ENHANCE_YOUR_CALM) */
    TN_HPACK_BAD,       /* connection error COMPRESSION_ERROR; d->reason says why */
    TN_HPACK_NO_MEMORY /* the table is out of step: connection error INTERNAL_ERROR */
} tn_hpack_verdict;

typedef struct tn_hpack_decoder {
    tn_hpack_table table;
    tn_hpack_chunk *scratch; /* decoded strings and retired table bytes of this block */
    uint32_t scratch_used;
    uint32_t protocol_max;      /* what our acknowledged SETTINGS_HEADER_TABLE_SIZE allows */
    uint32_t update_max;        /* the lowest it was since the last block */
    bool update_due;            /* it was lowered: the next block must start with a size update */
    bool dead;                  /* the table is out of step: no block can be decoded any more */
    bool changed;               /* the last block changed the table */
    struct tn_hpack_memo *memo; /* a block that came before; NULL before the first */
    uint64_t memo_number;       /* of its fields; outlives the memo, so that no other has it */
    uint32_t max_list;          /* bytes; name + value + 32 for each field; may be changed */
    uint64_t list_bytes;        /* of the last block, whether or not it was too large */
    uint32_t list_fields;
    const char *reason; /* static; of BAD */
} tn_hpack_decoder;

/* env borrowed, from tn_env_of. max_list in bytes; TERN_UNLIMITED is fine. Takes no memory. */
void tn_hpack_decoder_init(tn_hpack_decoder *d, const tern_env *env, uint32_t max_list);
void tn_hpack_decoder_free(tn_hpack_decoder *d);

/* To be called when the peer acknowledges our SETTINGS_HEADER_TABLE_SIZE (initially 4096). */
void tn_hpack_decoder_set_max(tn_hpack_decoder *d, uint32_t bytes);

/*
 * Decodes one whole block (borrowed) into fields[0 .. *count), at most cap of them.
 * The fields point into the block, static tables, the dynamic table or scratch memory; they are valid
 * until the next decode, release or free of this decoder, as long as the block is. Entries that the
 * block itself evicts stay readable that long. Memory for strings is bounded by max_list and by what
 * the block holds; nothing is allocated on the word of a length that the block does not hold.
 */
tn_hpack_verdict tn_hpack_decode(tn_hpack_decoder *d, tern_bytes block, tn_h2_field *fields,
                                 uint32_t cap, uint32_t *count);

/*
 * Instead of tn_hpack_decode: the fields of this block (borrowed) when it was remembered, twice, and the
 * table has not changed since; *count of them, valid as those of tn_hpack_decode, at the same place and
 * under the same *number each time. The number is never 0, and of no other fields of this decoder. Else
 * NULL, and nothing is written.
 */
const tn_h2_field *tn_hpack_recall(tn_hpack_decoder *d, tern_bytes block, uint32_t *count,
                                   uint64_t *number);
/* Before release: the last decode of this block gave OK and these fields, which the caller would be
 * glad to recall. Blocks that are large, or change the table, are not worth it; nor is one that comes
 * without memory. True: these are the fields that recall gives from here on. */
bool tn_hpack_remember(tn_hpack_decoder *d, tern_bytes block, const tn_h2_field *fields,
                       uint32_t count);
/* Gives the memo's memory back. */
void tn_hpack_forget(tn_hpack_decoder *d);
/* Internal to hpack: what is remembered holds no longer; there is a memo. */
void tn_hpack_outdate(tn_hpack_decoder *d);

void tn_hpack_decoder_release_slow(tn_hpack_decoder *d);

/* Ends the life of the fields of the last decode, and gives memory beyond a small scratch back. Worth
 * calling after the fields were copied, so that an idle connection holds little. */
static inline void tn_hpack_decoder_release(tn_hpack_decoder *d)
{
    if (d->scratch)
        tn_hpack_decoder_release_slow(d);
}

typedef struct tn_hpack_encoder {
    tn_hpack_table table;
    struct tn_hpack_index *index; /* the hash chains over the table */
    uint32_t limit;               /* our own bound on the table, bytes */
    uint32_t lowest;              /* table size since the last block, when update_due */
    bool update_due;
} tn_hpack_encoder;

/* env borrowed, from tn_env_of. Takes no memory. The table is at most limit bytes (4096 is usual; 0 is
 * no table), whatever the peer offers. */
void tn_hpack_encoder_init(tn_hpack_encoder *e, const tern_env *env, uint32_t limit);
void tn_hpack_encoder_free(tn_hpack_encoder *e);

/* To be called for each SETTINGS_HEADER_TABLE_SIZE that the peer sends, in order. The next block
 * starts with the size updates this asks for. */
void tn_hpack_encoder_set_max(tn_hpack_encoder *e, uint32_t bytes);

/*
 * Appends one whole block to out. Fields are borrowed; names are in lower case. The encoder knows
 * which names are worth indexing; NEVER_INDEX and NO_INDEX overrule it for one field.
 * False: no memory for out; nothing was added and the encoder is as before, so the block may be tried
 * again. (No memory for the table only costs compression.)
 */
bool tn_hpack_encode(tn_hpack_encoder *e, const tn_h2_field *fields, size_t n, tn_buf *out);

/* The same into p, where there is room for what tn_hpack_encode_bound says; returns the end of it. */
uint8_t *tn_hpack_encode_to(tn_hpack_encoder *e, const tn_h2_field *fields, size_t n, uint8_t *p,
                            size_t bound);

/* A bound on what tn_hpack_encode adds for these fields, size updates included. */
size_t tn_hpack_encode_bound(const tn_h2_field *fields, size_t n);

#endif
