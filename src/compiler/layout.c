/* SPDX-License-Identifier: Apache-2.0 */
/*
 * layout.c: how a message's struct and table are laid out.
 *
 * Members stand in the order of the source, but those aligned to 8 bytes on a 64-bit machine come
 * first, then those to 4, then bools: no holes. The table's fields stand by rising number.
 */
#include "compiler/gen.h"
#include <stdlib.h>

/* Offsets, counts and places in the names are 16 bits in a table. */
enum { LIMIT = UINT16_MAX };

bool tn_gen_has_bit(const tn_gen_field *f)
{
    return f->mode == TERN_PB_EXPLICIT && !f->sub && f->type != TERN_PB_STRING &&
           f->type != TERN_PB_BYTES;
}

static size_t scalar_size(const tn_gen_field *f)
{
    switch (f->type) {
    case TERN_PB_BOOL: return 1;
    case TERN_PB_FLOAT:
    case TERN_PB_INT32:
    case TERN_PB_UINT32:
    case TERN_PB_SINT32:
    case TERN_PB_FIXED32:
    case TERN_PB_SFIXED32:
    case TERN_PB_ENUM:
    case TERN_PB_CLOSED_ENUM: return 4;
    case TERN_PB_STRING:
    case TERN_PB_BYTES: return 16;
    default: return 8;
    }
}

/* Bytes on a 64-bit machine: no machine takes more. */
static size_t member_size(const tn_gen_field *f)
{
    switch (f->mode) {
    case TERN_PB_REPEATED:
    case TERN_PB_PACKED: return 24;
    case TERN_PB_MAP: return 32;
    case TERN_PB_ONEOF: return 8 + 16;
    default: return scalar_size(f);
    }
}

/* 0: aligned to 8 bytes; 1: to 4; 2: not. A oneof holds `which` and so at least 4. */
static int rank(const tn_gen_message *m, const tn_gen_field *f)
{
    if (f->mode != TERN_PB_ONEOF)
        return member_size(f) >= 8 ? 0 : member_size(f) == 4 ? 1 : 2;
    int lowest = 1;
    for (size_t i = 0; i < m->field_count; i++)
        if (m->fields[i].oneof == f->oneof && scalar_size(&m->fields[i]) >= 8)
            lowest = 0;
    return lowest;
}

static bool first_of_oneof(const tn_gen_message *m, const tn_gen_field *f)
{
    for (const tn_gen_field *before = m->fields; before < f; before++)
        if (before->oneof == f->oneof)
            return false;
    return true;
}

static void place_members(tn_gen_message *m)
{
    for (int wanted = 0; wanted < 3; wanted++) {
        for (size_t i = 0; i < m->field_count; i++) {
            tn_gen_field *f = &m->fields[i];
            if ((f->oneof && !first_of_oneof(m, f)) || (rank(m, f) != wanted && !m->map_entry))
                continue;
            m->members[m->member_count++] = f;
        }
        if (m->map_entry)
            return;
    }
}

static int by_number(const void *a, const void *b)
{
    const tn_gen_field *const *x = a, *const *y = b;
    return ((*x)->number > (*y)->number) - ((*x)->number < (*y)->number);
}

static tern_code check_limits(tn_gen *g, const tn_gen_message *m)
{
    size_t size = 16 + m->has_bits / 8 + 8;
    for (size_t i = 0; i < m->member_count; i++)
        size += member_size(m->members[i]);
    const bool fits = size <= LIMIT && m->names_size <= LIMIT && m->field_count < LIMIT;
    if (fits || !m->file->generate)
        return TERN_OK;
    return tn_gen_refuse(g, m->file, m->at,
                         "message %s is too large: its struct, or all its field names together, "
                         "would take more than %d bytes",
                         m->full_name, LIMIT);
}

static tern_code lay_out_message(tn_gen *g, tn_gen_message *m)
{
    m->members = tn_gen_alloc(g, m->field_count, sizeof(*m->members));
    m->by_number = tn_gen_alloc(g, m->field_count, sizeof(*m->by_number));
    if (!m->members || !m->by_number)
        return TERN_RESOURCE_EXHAUSTED;
    for (size_t i = 0; i < m->field_count; i++) {
        m->by_number[i] = &m->fields[i];
        if (tn_gen_has_bit(&m->fields[i]))
            m->fields[i].has_bit = m->has_bits++;
    }
    if (m->field_count)
        qsort(m->by_number, m->field_count, sizeof(*m->by_number), by_number);
    for (size_t i = 0; i < m->field_count; i++) {
        tn_gen_field *f = m->by_number[i];
        if (i && f->number == m->by_number[i - 1]->number)
            return tn_gen_bad(g, "%s has two fields numbered %u", m->full_name, f->number);
        f->name_offset = m->names_size;
        m->names_size += strlen(f->name) + strlen(f->json_name) + 2;
        if (f->sub)
            f->sub_index = m->sub_count++;
        else if (f->enumeration)
            f->sub_index = m->enum_count++;
    }
    place_members(m);
    return check_limits(g, m);
}

/* tern_pb_file counts in 16 bits. */
static tern_code check_file(tn_gen *g, const tn_gen_file *file)
{
    size_t messages = 0, enums = 0, extensions = 0;
    for (const tn_gen_message *m = file->messages; m; m = m->next)
        messages++;
    for (const tn_gen_enum *e = file->enums; e; e = e->next)
        enums++;
    for (const tn_gen_extension *x = file->extensions; x; x = x->next)
        extensions++;
    const bool fits =
        messages <= LIMIT && enums <= LIMIT && extensions <= LIMIT && file->import_count <= LIMIT;
    if (fits || !file->generate)
        return TERN_OK;
    return tn_gen_refuse(g, file, NULL,
                         "too large: it has more than %d imports, messages, enums or extensions",
                         LIMIT);
}

tern_code tn_gen_lay_out(tn_gen *g)
{
    for (size_t i = 0; i < g->file_count; i++) {
        for (tn_gen_message *m = g->files[i].messages; m; m = m->next)
            TN_TRY(lay_out_message(g, m));
        for (tn_gen_extension *x = g->files[i].extensions; x; x = x->next)
            TN_TRY(lay_out_message(g, &x->holder));
        TN_TRY(check_file(g, &g->files[i]));
    }
    return TERN_OK;
}
