/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pool_message.c: what a message may say of itself: numbers of fields, ranges, reserved names, oneofs,
 * names in JSON. What needs the types of its fields is in pool_link.c.
 *
 * All is sorted and then gone through once: a descriptor cannot buy more than n log n steps.
 */
#include "pb/pool.h"

#include "base/utf8.h"

#include <string.h>

static tern_code bad(tn_pb_batch *b, const tn_pb_def_message *m, const char *what, const char *name)
{
    return tn_pb_batch_bad(b, m->def.file, m->def.full_name, "%s%s%s", what, *name ? " " : "",
                           name);
}

/* ---- ranges ---------------------------------------------------------------------------------- */

static int by_start(const void *a, const void *b)
{
    const tn_pb_range *x = a, *y = b;
    return (x->start > y->start) - (x->start < y->start);
}

static tern_code judge_range(tn_pb_batch *b, const tn_pb_def_message *m, const tn_pb_range *r)
{
    if (r->start < 1 || r->start >= r->end)
        return bad(b, m, "a range of numbers that is none", "");
    if (!r->reserved && r->end > TN_PB_FIELD_NUMBER_MAX + 1 && !m->message_set)
        return bad(b, m, "an extension range goes past the largest number", "");
    return TERN_OK;
}

static tern_code judge_ranges(tn_pb_batch *b, tn_pb_def_message *m)
{
    const tn_pb_message_proto *proto = m->proto;
    const size_t extensions = proto->extension_range.n, n = extensions + proto->reserved_range.n;
    tn_pb_range *given = tn_pb_batch_scratch(b, n, sizeof(*given));
    void **sorted = tn_pb_batch_scratch(b, n, sizeof(*sorted));
    m->ranges = tn_pb_batch_alloc(b, n, sizeof(*m->ranges));
    if (!given || !sorted || !m->ranges)
        return TERN_RESOURCE_EXHAUSTED;
    for (size_t i = 0; i < n; i++) {
        given[i] = i < extensions
                       ? (tn_pb_range){ proto->extension_range.p[i]->start,
                                        proto->extension_range.p[i]->end, false }
                       : (tn_pb_range){ proto->reserved_range.p[i - extensions]->start,
                                        proto->reserved_range.p[i - extensions]->end, true };
        TN_TRY(judge_range(b, m, &given[i]));
        sorted[i] = &given[i];
    }
    tn_pb_sort(sorted, n, by_start);
    for (size_t i = 0; i < n; i++) {
        m->ranges[i] = *(const tn_pb_range *)sorted[i];
        if (i && m->ranges[i - 1].end > m->ranges[i].start)
            return bad(b, m, "ranges of numbers overlap", "");
    }
    m->range_count = n;
    return TERN_OK;
}

const tn_pb_range *tn_pb_message_range(const tn_pb_def_message *m, uint32_t number)
{
    size_t low = 0, high = m->range_count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const tn_pb_range *r = &m->ranges[middle];
        if (number < (uint32_t)r->start)
            high = middle;
        else if (number >= (uint32_t)r->end)
            low = middle + 1;
        else
            return r;
    }
    return NULL;
}

/* ---- numbers and reserved names -------------------------------------------------------------- */

static int by_number(const void *a, const void *b)
{
    const tn_pb_def_field *x = a, *y = b;
    return (x->number > y->number) - (x->number < y->number);
}

static tern_code judge_numbers(tn_pb_batch *b, tn_pb_def_message *m)
{
    m->by_number = tn_pb_batch_alloc(b, m->field_count, sizeof(*m->by_number));
    if (!m->by_number)
        return TERN_RESOURCE_EXHAUSTED;
    for (size_t i = 0; i < m->field_count; i++)
        m->by_number[i] = &m->fields[i];
    tn_pb_sort((void **)m->by_number, m->field_count, by_number);
    for (size_t i = 0; i < m->field_count; i++) {
        const tn_pb_def_field *f = m->by_number[i];
        const tn_pb_range *range = tn_pb_message_range(m, f->number);
        if (f->number > TN_PB_FIELD_NUMBER_MAX || tn_pb_number_kept(f->number))
            return bad(b, m, "a number that no field may have is that of", f->name);
        if (i && m->by_number[i - 1]->number == f->number)
            return bad(b, m, "two fields have the number of", f->name);
        if (range)
            return bad(b, m,
                       range->reserved ? "a reserved number is that of"
                                       : "a number for extensions is that of",
                       f->name);
    }
    return TERN_OK;
}

/* Names of fields, sorted, are gone through beside the reserved ones. */
static tern_code judge_reserved_names(tn_pb_batch *b, const tn_pb_def_message *m)
{
    const size_t n = m->proto->reserved_name.n;
    void **names = tn_pb_batch_scratch(b, n, sizeof(*names));
    void **fields = n ? tn_pb_batch_scratch(b, m->field_count, sizeof(*fields)) : names;
    if (!names || !fields)
        return TERN_RESOURCE_EXHAUSTED;
    for (size_t i = 0; i < n; i++)
        names[i] = &m->proto->reserved_name.p[i];
    for (size_t i = 0; n && i < m->field_count; i++)
        fields[i] = &m->proto->field.p[i]->name;
    tn_pb_sort(names, n, tn_pb_by_bytes);
    tn_pb_sort(fields, n ? m->field_count : 0, tn_pb_by_bytes);
    for (size_t i = 0, at = 0; i < n; i++) {
        while (at < m->field_count && tn_pb_by_bytes(fields[at], names[i]) < 0)
            at++;
        if (at < m->field_count && tn_pb_by_bytes(fields[at], names[i]) == 0)
            return bad(b, m, "a reserved name is that of", ((const tern_str *)fields[at])->p);
        if (i && tn_pb_by_bytes(names[i - 1], names[i]) == 0)
            return bad(b, m, "a name is reserved twice", "");
    }
    return TERN_OK;
}

/* ---- oneofs ---------------------------------------------------------------------------------- */

static tern_code join_oneof(tn_pb_batch *b, tn_pb_def_message *m, size_t i)
{
    tn_pb_def_field *f = &m->fields[i];
    const bool optional = f->proto->proto3_optional;
    if (!google_protobuf_FieldDescriptorProto_has_oneof_index(f->proto))
        return optional ? bad(b, m, "no oneof of its own has the optional", f->name) : TERN_OK;
    const int32_t index = f->proto->oneof_index;
    if (index < 0 || (size_t)index >= m->oneof_count)
        return bad(b, m, "no such oneof as that of", f->name);
    tn_pb_def_oneof *o = &m->oneofs[index];
    const google_protobuf_FieldDescriptorProto *before = i ? m->fields[i - 1].proto : NULL;
    if (f->proto->label > google_protobuf_FieldDescriptorProto_LABEL_OPTIONAL)
        return bad(b, m, "required or repeated, in a oneof, is", f->name);
    if (o->field_count++ && (o->synthetic || optional))
        return bad(b, m, "not alone in its oneof is the optional", f->name);
    if (o->field_count > 1 && (!google_protobuf_FieldDescriptorProto_has_oneof_index(before) ||
                               before->oneof_index != index))
        return bad(b, m, "apart from the others of its oneof is", f->name);
    o->synthetic = optional;
    f->oneof = optional ? NULL : o;
    return TERN_OK;
}

static tern_code judge_oneofs(tn_pb_batch *b, tn_pb_def_message *m)
{
    for (size_t i = 0; i < m->field_count; i++)
        TN_TRY(join_oneof(b, m, i));
    for (size_t i = 0; i < m->oneof_count; i++) {
        if (!m->oneofs[i].field_count)
            return tn_pb_batch_bad(b, m->def.file, m->oneofs[i].def.full_name,
                                   "a oneof without fields");
        if (i && m->oneofs[i - 1].synthetic && !m->oneofs[i].synthetic)
            return tn_pb_batch_bad(b, m->def.file, m->oneofs[i].def.full_name,
                                   "it stands behind the oneof of an optional field");
    }
    return TERN_OK;
}

/* ---- names in JSON --------------------------------------------------------------------------- */

/* A name in JSON: the one that follows from the field's, or one that is stated. */
typedef struct json_name {
    tern_str text;
    const char *field;
    bool custom;
} json_name;

static int by_text(const void *a, const void *b)
{
    return tn_pb_by_bytes(&((const json_name *)a)->text, &((const json_name *)b)->text);
}

static tern_code read_json_name(tn_pb_batch *b, const tn_pb_def_message *m,
                                const tn_pb_def_field *f, bool stated, json_name *out)
{
    const tern_str given = f->proto->json_name;
    char *text = tn_pb_batch_scratch(b, f->proto->name.n, 1);
    if (!text)
        return TERN_RESOURCE_EXHAUSTED;
    *out = (json_name){ { text, tn_pb_camel(text, f->proto->name) }, f->name, false };
    if (!stated || !given.p || tern_str_equal(given, out->text))
        return TERN_OK;
    if (given.n > TN_PB_POOL_NAME_MAX || memchr(given.p, 0, given.n) ||
        !tn_utf8_valid(given.p, given.n))
        return bad(b, m, "JSON cannot have the json_name of", f->name);
    if (given.n && given.p[0] == '[' && given.p[given.n - 1] == ']')
        return bad(b, m, "an extension's is the json_name of", f->name);
    out->text = given;
    out->custom = true;
    return TERN_OK;
}

/* Twice: as they follow from the fields' names, which field masks have, and as they are stated. */
static tern_code judge_json_names(tn_pb_batch *b, const tn_pb_def_message *m, bool stated)
{
    const bool strict = m->features.json_format == google_protobuf_FeatureSet_ALLOW;
    const bool lax = m->proto->options && m->proto->options->deprecated_legacy_json_field_conflicts;
    json_name *names = tn_pb_batch_scratch(b, m->field_count, sizeof(*names));
    void **sorted = tn_pb_batch_scratch(b, m->field_count, sizeof(*sorted));
    if (!names || !sorted)
        return TERN_RESOURCE_EXHAUSTED;
    for (size_t i = 0; i < m->field_count; i++) {
        TN_TRY(read_json_name(b, m, &m->fields[i], stated, &names[i]));
        sorted[i] = &names[i];
    }
    tn_pb_sort(sorted, m->field_count, by_text);
    for (size_t i = 1; i < m->field_count && !lax; i++) {
        const json_name *one = sorted[i - 1], *other = sorted[i];
        if (by_text(one, other) == 0 && (strict || (one->custom && other->custom)))
            return tn_pb_batch_bad(b, m->def.file, m->def.full_name,
                                   "%s and %s have one name in JSON", one->field, other->field);
    }
    return TERN_OK;
}

tern_code tn_pb_message_judge(tn_pb_batch *b, tn_pb_def_message *m)
{
    const bool proto3 = m->def.file->edition == google_protobuf_EDITION_PROTO3;
    if (m->message_set && m->field_count)
        return bad(b, m, "a MessageSet has no fields", "");
    if (m->message_set && proto3)
        return bad(b, m, "proto3 has no MessageSet", "");
    if (m->proto->extension_range.n && proto3)
        return bad(b, m, "proto3 has no extension ranges", "");
    TN_TRY(judge_ranges(b, m));
    TN_TRY(judge_numbers(b, m));
    TN_TRY(judge_reserved_names(b, m));
    TN_TRY(judge_oneofs(b, m));
    TN_TRY(judge_json_names(b, m, false));
    return judge_json_names(b, m, true);
}
