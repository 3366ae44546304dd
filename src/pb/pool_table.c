/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pool_table.c: the struct of a message that no compiler has seen, and its table.
 *
 * Members stand as the generator puts them (src/compiler/layout.c) and are aligned as this machine's
 * compiler would: in the order of the source, but those of 8 bytes first, then of 4, then bools; has_
 * and unknown_ behind them. So a dynamic message and its generated twin have one layout.
 */
#include "pb/pool.h"

#include <string.h>

/* Offsets, and places in the names, are 16 bits in a table. */
enum { LIMIT = UINT16_MAX };

static size_t round_up(size_t n, size_t align)
{
    return (n + align - 1) / align * align;
}

/* ---- sizes ----------------------------------------------------------------------------------- */

/* Of one value: bytes, and alignment as a struct of this machine has it. */
typedef struct measure {
    size_t size, align;
} measure;

static measure of_value(const tn_pb_def_field *f)
{
    switch (tn_pb_is_of((tern_pb_type)f->type)) {
    case TERN_PB_IS_BOOL: return (measure){ sizeof(bool), _Alignof(bool) };
    case TERN_PB_IS_STR: return (measure){ sizeof(tern_str), _Alignof(tern_str) };
    case TERN_PB_IS_BYTES: return (measure){ sizeof(tern_bytes), _Alignof(tern_bytes) };
    case TERN_PB_IS_MESSAGE: return (measure){ sizeof(void *), _Alignof(void *) };
    case TERN_PB_IS_FLOAT: return (measure){ sizeof(float), _Alignof(float) };
    case TERN_PB_IS_DOUBLE:
        return (measure){ sizeof(double), offsetof(
                                              struct {
                                                  char c;
                                                  double d;
                                              },
                                              d) };
    case TERN_PB_IS_I64:
    case TERN_PB_IS_U64:
        return (measure){ sizeof(uint64_t), offsetof(
                                                struct {
                                                    char c;
                                                    uint64_t u;
                                                },
                                                u) };
    default: return (measure){ sizeof(uint32_t), _Alignof(uint32_t) };
    }
}

/* Of the member, which is not a oneof's. */
static measure of_member(const tn_pb_def_field *f)
{
    switch (f->mode) {
    case TERN_PB_REPEATED:
    case TERN_PB_PACKED: return (measure){ sizeof(tn_pb_array), _Alignof(tn_pb_array) };
    case TERN_PB_MAP: return (measure){ sizeof(tn_pb_map), _Alignof(tn_pb_map) };
    default: return of_value(f);
    }
}

/* 0: aligned to 8 bytes on a 64-bit machine; 1: to 4; 2: not. */
static int rank_of(const tn_pb_def_field *f)
{
    switch (f->mode) {
    case TERN_PB_REPEATED:
    case TERN_PB_PACKED:
    case TERN_PB_MAP: return 0;
    default: break;
    }
    switch (tn_pb_is_of((tern_pb_type)f->type)) {
    case TERN_PB_IS_BOOL: return 2;
    case TERN_PB_IS_FLOAT:
    case TERN_PB_IS_I32:
    case TERN_PB_IS_U32: return 1;
    default: return 0;
    }
}

/* ---- places ---------------------------------------------------------------------------------- */

/* A struct as it grows. */
typedef struct room {
    size_t size, align;
} room;

static size_t place(room *r, measure m)
{
    const size_t at = round_up(r->size, m.align);
    r->size = at + m.size;
    if (m.align > r->align)
        r->align = m.align;
    return at;
}

/* { uint32_t which; union { ... }; } of the fields from the first of the oneof on. */
static void place_oneof(room *r, tn_pb_def_field *first, size_t count)
{
    measure all = { 0, 1 };
    for (size_t i = 0; i < count; i++) {
        const measure m = of_value(&first[i]);
        all.size = m.size > all.size ? m.size : all.size;
        all.align = m.align > all.align ? m.align : all.align;
    }
    const size_t data = round_up(sizeof(uint32_t), all.align);
    const size_t align = all.align > _Alignof(uint32_t) ? all.align : _Alignof(uint32_t);
    /* The union is as long as its alignment makes it. */
    const size_t size = round_up(data + round_up(all.size, all.align), align);
    const size_t at = place(r, (measure){ size, align });
    for (size_t i = 0; i < count; i++) {
        first[i].presence = (uint16_t)at;
        first[i].offset = (uint16_t)(at + data);
    }
}

/* A oneof stands where its most demanding member would; at least with `which`. */
static int rank_of_oneof(const tn_pb_def_field *first, size_t count)
{
    int lowest = 1;
    for (size_t i = 0; i < count; i++)
        if (rank_of(&first[i]) < lowest)
            lowest = rank_of(&first[i]);
    return lowest;
}

/* The members of one rank, of an entry all. False when an offset would not fit. */
static bool place_rank(room *r, const tn_pb_def_message *m, int rank)
{
    for (size_t i = 0, count; i < m->field_count && r->size <= LIMIT; i += count) {
        tn_pb_def_field *f = &m->fields[i];
        count = f->oneof ? f->oneof->field_count : 1;
        if (f->oneof ? rank_of_oneof(f, count) != rank : rank_of(f) != rank && !m->map_entry)
            continue;
        if (f->oneof)
            place_oneof(r, f, count);
        else
            f->offset = (uint16_t)place(r, of_member(f));
    }
    return r->size <= LIMIT;
}

static bool is_bit(const tn_pb_def_field *f)
{
    const tern_pb_is is = tn_pb_is_of((tern_pb_type)f->type);
    return f->mode == TERN_PB_EXPLICIT && is != TERN_PB_IS_STR && is != TERN_PB_IS_BYTES &&
           is != TERN_PB_IS_MESSAGE;
}

static tern_code lay_out(tn_pb_batch *b, tn_pb_def_message *m)
{
    tern_pb_table *t = m->made;
    room r = { 0, 1 };
    bool fits = true;
    for (int rank = 0; rank < 3 && fits && !(m->map_entry && rank); rank++)
        fits = place_rank(&r, m, rank);
    size_t bits = 0;
    for (size_t i = 0; i < m->field_count; i++)
        if (is_bit(&m->fields[i]))
            m->fields[i].presence = (uint16_t)bits++;
    t->has_offset = t->unknown_offset = TERN_PB_NONE;
    if (bits)
        t->has_offset = (uint16_t)place(
            &r, (measure){ (bits + 31) / 32 * sizeof(uint32_t), _Alignof(uint32_t) });
    if (!m->map_entry)
        t->unknown_offset = (uint16_t)place(&r, (measure){ sizeof(void *), _Alignof(void *) });
    if (!fits || m->field_count >= LIMIT || r.size > LIMIT)
        return tern_error_set(b->err, TERN_RESOURCE_EXHAUSTED, TERN_ORIGIN_LOCAL,
                              "%s: %s: its struct would take more than %d bytes", m->def.file->name,
                              m->def.full_name, LIMIT);
    t->align = (uint16_t)r.align;
    t->size = (uint32_t)round_up(r.size, r.align);
    return TERN_OK;
}

/* ---- names ----------------------------------------------------------------------------------- */

typedef struct name_entry {
    const char *name;
    uint16_t entry; /* of by_name */
} name_entry;

static int by_name(const void *a, const void *b)
{
    const name_entry *x = a, *y = b;
    const int order = strcmp(x->name, y->name);
    return order ? order : (x->entry > y->entry) - (x->entry < y->entry);
}

/* The index by names of n fields, in the order of the table. */
static tern_code index_names(tn_pb_batch *b, tern_pb_table *t, tn_pb_def_field *const *fields,
                             size_t n)
{
    name_entry *all = tn_pb_batch_scratch(b, 2 * n, sizeof(*all));
    void **sorted = tn_pb_batch_scratch(b, 2 * n, sizeof(*sorted));
    if (!all || !sorted)
        return TERN_RESOURCE_EXHAUSTED;
    size_t count = 0;
    for (size_t i = 0; i < n; i++) {
        all[count] = (name_entry){ fields[i]->name, (uint16_t)(2 * i) };
        sorted[count] = &all[count];
        count++;
        if (!*fields[i]->json_name)
            continue;
        all[count] = (name_entry){ fields[i]->json_name, (uint16_t)(2 * i + 1) };
        sorted[count] = &all[count];
        count++;
    }
    uint16_t *index = tn_pb_batch_alloc(b, count, sizeof(*index));
    if (!index)
        return TERN_RESOURCE_EXHAUSTED;
    tn_pb_sort(sorted, count, by_name);
    for (size_t i = 0; i < count; i++)
        index[i] = ((const name_entry *)sorted[i])->entry;
    t->by_name = index;
    t->name_count = (uint16_t)count;
    return TERN_OK;
}

static tern_code fill_names(tn_pb_batch *b, const tn_pb_def_file *file, tern_pb_table *t,
                            tern_pb_field *to, tn_pb_def_field *const *fields, size_t n)
{
    size_t size = 0;
    for (size_t i = 0; i < n && size <= LIMIT; i++) {
        to[i].name = (uint16_t)size;
        size += strlen(fields[i]->name) + strlen(fields[i]->json_name) + 2;
    }
    if (size > LIMIT || n > LIMIT / 2)
        return tern_error_set(b->err, TERN_RESOURCE_EXHAUSTED, TERN_ORIGIN_LOCAL,
                              "%s: %s: the names of its fields take more than %d bytes", file->name,
                              t->full_name, LIMIT);
    char *names = tn_pb_batch_alloc(b, size + 1, 1);
    if (!names)
        return TERN_RESOURCE_EXHAUSTED;
    for (size_t i = 0; i < n; i++) {
        const size_t length = strlen(fields[i]->name) + 1;
        memcpy(names + to[i].name, fields[i]->name, length);
        memcpy(names + to[i].name + length, fields[i]->json_name, strlen(fields[i]->json_name) + 1);
    }
    t->names = names;
    return index_names(b, t, fields, n);
}

/* ---- the table ------------------------------------------------------------------------------- */

static void write_tag(tern_pb_field *to, const tn_pb_def_field *f)
{
    const tn_pb_wire wire =
        f->mode == TERN_PB_PACKED ? TN_PB_WIRE_LEN : tn_pb_type_wire((tern_pb_type)f->type);
    uint64_t tag = (uint64_t)f->number << 3 | wire;
    for (; tag >= 0x80; tag >>= 7)
        to->tag[to->tag_len++] = (uint8_t)(tag | 0x80);
    to->tag[to->tag_len++] = (uint8_t)tag;
}

/* n fields by rising number into the table; their offsets are known. */
static tern_code fill(tn_pb_batch *b, const tn_pb_def_file *file, tern_pb_table *t,
                      tn_pb_def_field *const *fields, size_t n)
{
    size_t sub_count = 0, enum_count = 0, dense = 0;
    for (size_t i = 0; i < n; i++) {
        sub_count += fields[i]->sub != NULL;
        enum_count += fields[i]->enumeration != NULL;
        dense += dense == i && fields[i]->number == i + 1;
    }
    tern_pb_field *to = tn_pb_batch_alloc(b, n, sizeof(*to));
    const tern_pb_table **subs = tn_pb_batch_alloc(b, sub_count, sizeof(*subs));
    const tern_pb_enum **enums = tn_pb_batch_alloc(b, enum_count, sizeof(*enums));
    if (!to || !subs || !enums)
        return TERN_RESOURCE_EXHAUSTED;
    sub_count = enum_count = 0;
    for (size_t i = 0; i < n; i++) {
        const tn_pb_def_field *f = fields[i];
        const tern_pb_type type = f->mode == TERN_PB_MAP ? TERN_PB_MESSAGE : (tern_pb_type)f->type;
        to[i] = (tern_pb_field){ .op = (uint8_t)TERN_PB_OP(type, f->mode),
                                 .flags = f->flags,
                                 .offset = f->offset,
                                 .presence = f->presence };
        write_tag(&to[i], f);
        if (f->sub) {
            to[i].sub = (uint16_t)sub_count;
            subs[sub_count++] = f->sub->use;
        } else if (f->enumeration) {
            to[i].sub = (uint16_t)enum_count;
            enums[enum_count++] = f->enumeration->use;
        }
    }
    t->abi = TERN_PB_ABI;
    t->field_count = (uint16_t)n;
    t->dense = (uint16_t)dense;
    t->fields = n ? to : NULL;
    t->subs = sub_count ? subs : NULL;
    t->enums = enum_count ? enums : NULL;
    t->names = "";
    t->file = file->use;
    return n ? fill_names(b, file, t, to, fields, n) : TERN_OK;
}

tern_code tn_pb_message_build(tn_pb_batch *b, tn_pb_def_message *m)
{
    tern_pb_table *t = m->made;
    TN_TRY(lay_out(b, m));
    t->full_name = m->def.full_name;
    t->kind = m->map_entry     ? TERN_PB_MAP_ENTRY
              : m->message_set ? TERN_PB_MESSAGE_SET
                               : TERN_PB_PLAIN;
    if (m->proto->extension_range.n || m->message_set)
        t->flags |= TERN_PB_EXTENDABLE;
    return fill(b, m->def.file, t, m->by_number, m->field_count);
}

/* A struct of the member alone, and of the word for its presence. */
tern_code tn_pb_extension_build(tn_pb_batch *b, tn_pb_def_extension *x)
{
    tn_pb_def_field *f = &x->field;
    tern_pb_extension *made = tn_pb_batch_alloc(b, 1, sizeof(*made));
    tern_pb_table *t = tn_pb_batch_alloc(b, 1, sizeof(*t));
    char *json = tn_pb_batch_alloc(b, strlen(f->def.full_name) + 3, 1);
    if (!made || !t || !json)
        return TERN_RESOURCE_EXHAUSTED;
    room r = { 0, 1 };
    (void)place(&r, of_member(f));
    t->has_offset = t->unknown_offset = TERN_PB_NONE;
    if (is_bit(f))
        t->has_offset = (uint16_t)place(&r, (measure){ sizeof(uint32_t), _Alignof(uint32_t) });
    t->align = (uint16_t)r.align;
    t->size = (uint32_t)round_up(r.size, r.align);
    t->full_name = f->def.full_name;
    json[0] = '[';
    memcpy(json + 1, f->def.full_name, strlen(f->def.full_name));
    json[strlen(f->def.full_name) + 1] = ']';
    f->json_name = json;
    *made = (tern_pb_extension){
        .abi = TERN_PB_ABI, .extendee = f->message->use, .holder = t, .file = f->def.file->use
    };
    x->use = made;
    return fill(b, f->def.file, t, &(tn_pb_def_field *){ f }, 1);
}
