/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text_group.c: groups by the names of their messages, and reserved names.
 *
 * Reserved names are in no table, because only text format asks for them, and only before it
 * refuses a text: they are looked up in the embedded descriptor, level by level. Such a descriptor
 * was made by protoc or checked by a pool; what does not read as one reserves nothing.
 */
#include "pb/text_group.h"

#include "pb/item.h"

/* Field numbers of descriptor.proto. */
enum {
    FILE_PACKAGE = 2,
    FILE_MESSAGE_TYPE = 4,
    MESSAGE_NAME = 1,
    MESSAGE_NESTED_TYPE = 3,
    MESSAGE_RESERVED_NAME = 10
};

const char *tn_text_group_name(const tern_pb_table *table, const tern_pb_field *f)
{
    if (tn_pb_type_of(f) != TERN_PB_GROUP)
        return NULL;
    /* The message must stand where the field does, and have its name but for the case. */
    const char *message = table->subs[f->sub]->full_name, *scope = table->full_name;
    const char *name = table->names + f->name;
    const char *last = strrchr(message, '.');
    last = last ? last + 1 : message;
    const size_t before = (size_t)(last - message), scope_n = strlen(scope);
    if (before != scope_n + 1 || memcmp(message, scope, scope_n) != 0)
        return NULL;
    size_t i = 0;
    for (; last[i] && name[i]; i++) {
        const char lower = (char)(last[i] >= 'A' && last[i] <= 'Z' ? last[i] | 0x20 : last[i]);
        if (lower != name[i])
            return NULL;
    }
    return last[i] || name[i] ? NULL : last;
}

/* Is `name` that of something which is declared right inside of `scope`? */
static bool is_inside(const char *name, const char *scope)
{
    const size_t n = strlen(scope);
    return strncmp(name, scope, n) == 0 && name[n] == '.' && !strchr(name + n + 1, '.');
}

const char *tn_text_extension_name(const tern_pb_extension *ext)
{
    const char *name = ext->holder->full_name;
    const tern_pb_field *f = &ext->holder->fields[0];
    if (ext->extendee->kind != TERN_PB_MESSAGE_SET || tn_pb_type_of(f) != TERN_PB_MESSAGE)
        return name;
    const char *message = ext->holder->subs[f->sub]->full_name;
    return is_inside(name, message) ? message : name;
}

const tern_pb_extension *tn_text_find_item(const tern_pb_table *set, const tern_pb_table *message)
{
    const tern_pb_file *file = message ? message->file : NULL;
    for (unsigned i = 0; file && i < file->extension_count; i++) {
        const tern_pb_extension *ext = file->extensions[i];
        if (ext->extendee == set && strcmp(tn_text_extension_name(ext), message->full_name) == 0)
            return ext;
    }
    return NULL;
}

static tern_str text_of(const tn_pb_item *item)
{
    return (tern_str){ (const char *)item->p, item->n };
}

/* The next field with that number which has a length; false: there is none. */
static bool next_of(tn_rd *from, uint32_t number, tn_pb_item *item)
{
    while (tn_pb_item_read(from, item))
        if (item->number == number && item->wire == TN_PB_WIRE_LEN)
            return true;
    return false;
}

/* The message of that name among those in the fields of that number. */
static bool find_message(tn_rd from, uint32_t number, tern_str name, tn_rd *out)
{
    tn_pb_item message, own;
    while (next_of(&from, number, &message)) {
        tn_rd in = *out = tn_rd_of(message.p, message.n);
        if (next_of(&in, MESSAGE_NAME, &own) && tern_str_equal(text_of(&own), name))
            return true;
    }
    return false;
}

bool tn_text_is_reserved(const tern_pb_table *table, tern_str name)
{
    if (!table->file || !table->file->descriptor)
        return false;
    tn_rd at = tn_rd_of(table->file->descriptor, table->file->descriptor_size);
    tn_rd all = at;
    tn_pb_item item;
    const char *rest = table->full_name;
    if (next_of(&all, FILE_PACKAGE, &item) && item.n)
        rest += strlen(rest) > item.n ? item.n + 1 : 0;
    uint32_t number = FILE_MESSAGE_TYPE;
    for (bool last = false; !last; number = MESSAGE_NESTED_TYPE) {
        const char *dot = strchr(rest, '.');
        const tern_str part = { rest, dot ? (size_t)(dot - rest) : strlen(rest) };
        if (!find_message(at, number, part, &at))
            return false;
        last = !dot;
        rest += part.n + (dot != NULL);
    }
    while (next_of(&at, MESSAGE_RESERVED_NAME, &item))
        if (tern_str_equal(text_of(&item), name))
            return true;
    return false;
}
