/* SPDX-License-Identifier: Apache-2.0 */
/*
 * types.c: enums and structs of X.tern.h. The layout is the one that tern/pb.h describes.
 */
#include "compiler/write.h"

const char *tn_gen_value_type(tn_gen *g, const tn_gen_field *f)
{
    static const char *const scalar[TERN_PB_TYPES] = {
        [TERN_PB_DOUBLE] = "double",    [TERN_PB_FLOAT] = "float",
        [TERN_PB_INT64] = "int64_t",    [TERN_PB_UINT64] = "uint64_t",
        [TERN_PB_INT32] = "int32_t",    [TERN_PB_FIXED64] = "uint64_t",
        [TERN_PB_FIXED32] = "uint32_t", [TERN_PB_BOOL] = "bool",
        [TERN_PB_STRING] = "tern_str",  [TERN_PB_BYTES] = "tern_bytes",
        [TERN_PB_UINT32] = "uint32_t",  [TERN_PB_SFIXED32] = "int32_t",
        [TERN_PB_SFIXED64] = "int64_t", [TERN_PB_SINT32] = "int32_t",
        [TERN_PB_SINT64] = "int64_t",
    };
    const char *text = f->sub           ? tn_gen_text(g, "%s *", f->sub->c_name)
                       : f->enumeration ? tn_gen_text(g, "%s ", f->enumeration->c_name)
                                        : tn_gen_text(g, "%s ", scalar[f->type]);
    return text ? text : "";
}

void tn_gen_write_enum(tn_gen_out *out, const tn_gen_enum *e)
{
    const bool deprecated = e->proto->options && e->proto->options->deprecated;
    tn_gen_print(out, "\n");
    tn_gen_comment(out, 0, e->at, deprecated);
    tn_gen_print(out, "typedef int32_t %s;\nenum {\n", e->c_name);
    for (size_t i = 0; i < e->proto->value.n; i++) {
        const google_protobuf_EnumValueDescriptorProto *value = e->proto->value.p[i];
        tn_gen_comment(out, 4, e->value_at[i], value->options && value->options->deprecated);
        const bool last = i + 1 == e->proto->value.n;
        if (value->number == INT32_MIN)
            tn_gen_print(out, "    %s = INT32_MIN%s\n", e->value_names[i], last ? "" : ",");
        else
            tn_gen_print(out, "    %s = %d%s\n", e->value_names[i], (int)value->number,
                         last ? "" : ",");
    }
    tn_gen_print(out, "};\n");
}

static bool deprecated_field(const tn_gen_field *f)
{
    return f->proto->options && f->proto->options->deprecated;
}

static void write_oneof(tn_gen *g, tn_gen_out *out, const tn_gen_message *m,
                        const tn_gen_oneof *oneof)
{
    tn_gen_comment(out, 4, oneof->at, false);
    tn_gen_print(out,
                 "    struct {\n"
                 "        uint32_t which; /* the constant of the member that is set; 0: none */\n"
                 "        union {\n");
    for (size_t i = 0; i < m->field_count; i++) {
        const tn_gen_field *f = &m->fields[i];
        if (f->oneof != oneof)
            continue;
        tn_gen_comment(out, 12, f->at, deprecated_field(f));
        tn_gen_print(out, "            %s%s;\n", tn_gen_value_type(g, f), f->member);
    }
    tn_gen_print(out, "        };\n    } %s;\n", oneof->member);
}

static void write_member(tn_gen *g, tn_gen_out *out, const tn_gen_field *f)
{
    if (f->mode == TERN_PB_ONEOF) {
        write_oneof(g, out, f->message, f->oneof);
        return;
    }
    if (!f->extension) /* the comment stands at the holder */
        tn_gen_comment(out, 4, f->at, deprecated_field(f));
    const char *type = tn_gen_value_type(g, f);
    if (f->mode == TERN_PB_REPEATED || f->mode == TERN_PB_PACKED)
        tn_gen_print(out, "    struct {\n        %s*p;\n        size_t n, cap;\n    } %s;\n", type,
                     f->member);
    else if (f->mode == TERN_PB_MAP)
        tn_gen_print(out,
                     "    struct {\n        %sp;\n        size_t n, cap;\n"
                     "        void *index_;\n    } %s;\n",
                     type, f->member);
    else
        tn_gen_print(out, "    %s%s;\n", type, f->member);
}

static void write_cases(tn_gen_out *out, const tn_gen_message *m, const tn_gen_oneof *oneof)
{
    tn_gen_print(out, "\n/* %s.%s.which */\nenum {\n", m->c_name, oneof->member);
    size_t left = oneof->member_count;
    for (size_t i = 0; i < m->field_count; i++) {
        const tn_gen_field *f = &m->fields[i];
        if (f->oneof == oneof)
            tn_gen_print(out, "    %s = %u%s\n", f->accessor[TN_GEN_CASE], f->number,
                         --left ? "," : "");
    }
    tn_gen_print(out, "};\n");
}

void tn_gen_write_struct(tn_gen *g, tn_gen_out *out, const tn_gen_message *m)
{
    tn_gen_print(out, "\n");
    const bool deprecated = m->holder ? deprecated_field(&m->fields[0])
                                      : m->proto->options && m->proto->options->deprecated;
    tn_gen_comment(out, 0, m->at, deprecated);
    tn_gen_print(out, "struct %s {\n", m->c_name);
    for (size_t i = 0; i < m->member_count; i++)
        write_member(g, out, m->members[i]);
    if (m->has_bits)
        tn_gen_print(out, "    uint32_t has_[%u]; /* private */\n", (m->has_bits + 31) / 32);
    if (!m->map_entry && !m->holder) {
        tn_gen_print(out, "    struct tern_pb_unknown *unknown_; /* private */\n");
        tn_gen_write_insertion_point(out, 4, "struct_scope", m->full_name);
    }
    tn_gen_print(out, "};\n");
    for (size_t i = 0; i < m->oneof_count; i++)
        if (!m->oneofs[i].synthetic)
            write_cases(out, m, &m->oneofs[i]);
}
