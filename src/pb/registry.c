/* SPDX-License-Identifier: Apache-2.0 */
/*
 * registry.c: message types by name, extensions by name, and by extendee and number.
 *
 * Names are in two string maps, which no name is in twice. Extensions by number and the files seen are
 * in one hash of pairs (address, number); a file's number is 0, which no extension has. It is keyed at
 * random, because numbers may come from a peer's descriptors.
 * Imports are followed with a list of files to do, not by recursion.
 * Filled by one thread, then read by any: nothing changes in a look-up.
 */
#include "pb/registry.h"
#include "base/map.h"
#include "google/protobuf/any.tern.h"
#include "google/protobuf/duration.tern.h"
#include "google/protobuf/empty.tern.h"
#include "google/protobuf/field_mask.tern.h"
#include "google/protobuf/struct.tern.h"
#include "google/protobuf/timestamp.tern.h"
#include "google/protobuf/wrappers.tern.h"
#include "pb/extension.h"

#include <string.h>

/* What a pair leads to; key NULL: a free slot. value NULL: nothing, but the slot is taken. */
typedef struct pair {
    const void *key;
    const void *value;
    uint32_t number;
} pair;

struct tern_pb_registry {
    const tern_env *env;
    tn_strmap messages, extensions;
    pair *pairs; /* pair_cap of them, zero or a power of two; at least half of them free */
    size_t pair_n, pair_cap;
    uint64_t seed[2];
    /* The files that one add_file has to go through. */
    const tern_pb_file **files;
    size_t file_n, file_cap;
};

tern_pb_registry *tern_pb_registry_new(const tern_env *env)
{
    env = tn_env_of(env);
    tern_pb_registry *reg = tn_zalloc(env, sizeof(*reg));
    if (!reg)
        return NULL;
    reg->env = reg->messages.env = reg->extensions.env = env;
    tn_entropy(env, reg->seed, sizeof(reg->seed));
    return reg;
}

void tern_pb_registry_free(tern_pb_registry *reg)
{
    if (!reg)
        return;
    tn_strmap_free(&reg->messages);
    tn_strmap_free(&reg->extensions);
    tn_free(reg->env, reg->pairs, reg->pair_cap * sizeof(*reg->pairs));
    tn_free(reg->env, (void *)reg->files, reg->file_cap * sizeof(*reg->files));
    tn_free(reg->env, reg, sizeof(*reg));
}

static tern_code no_memory(tern_error *err)
{
    return tern_error_set(err, TERN_RESOURCE_EXHAUSTED, TERN_ORIGIN_LOCAL,
                          "protobuf registry: no memory");
}

/* ---- pairs ------------------------------------------------------------------------------------ */

/* The slot of the pair, or the free one where it belongs. There are slots. */
static pair *pair_slot(const tern_pb_registry *reg, const void *key, uint32_t number)
{
    uint8_t bytes[sizeof(key) + sizeof(number)];
    memcpy(bytes, &key, sizeof(key));
    memcpy(bytes + sizeof(key), &number, sizeof(number));
    const size_t mask = reg->pair_cap - 1;
    size_t at = (size_t)tn_siphash(reg->seed, bytes, sizeof(bytes)) & mask;
    for (;; at = (at + 1) & mask) {
        pair *p = &reg->pairs[at];
        if (!p->key || (p->key == key && p->number == number))
            return p;
    }
}

static const void *pair_get(const tern_pb_registry *reg, const void *key, uint32_t number)
{
    return reg->pair_n ? pair_slot(reg, key, number)->value : NULL;
}

/* Room for one pair more. Slots that lead to nothing are free again. */
static bool pairs_grow(tern_pb_registry *reg)
{
    const size_t old_cap = reg->pair_cap;
    pair *const old = reg->pairs;
    size_t live = 0, cap = 16;
    for (size_t i = 0; i < old_cap; i++)
        live += old[i].value != NULL;
    while (cap < 3 * (live + 1))
        cap *= 2;
    if (cap > SIZE_MAX / sizeof(*old) / 2)
        return false;
    pair *fresh = tn_zalloc(reg->env, cap * sizeof(*fresh));
    if (!fresh)
        return false;
    reg->pairs = fresh;
    reg->pair_cap = cap;
    reg->pair_n = live;
    for (size_t i = 0; i < old_cap; i++)
        if (old[i].value)
            *pair_slot(reg, old[i].key, old[i].number) = old[i];
    tn_free(reg->env, old, old_cap * sizeof(*old));
    return true;
}

static bool pair_put(tern_pb_registry *reg, const void *key, uint32_t number, const void *value)
{
    if (2 * (reg->pair_n + 1) > reg->pair_cap && !pairs_grow(reg))
        return false;
    pair *p = pair_slot(reg, key, number);
    reg->pair_n += !p->key;
    *p = (pair){ key, value, number };
    return true;
}

/* ---- adding ----------------------------------------------------------------------------------- */

/* OK with *there when the name stands for `what` already, else that it is free. */
static tern_code check_name(const tern_pb_registry *reg, const char *name, const void *what,
                            bool *there, tern_error *err)
{
    const void *message = tn_strmap_get(&reg->messages, tern_str_of(name));
    const void *extension = tn_strmap_get(&reg->extensions, tern_str_of(name));
    const void *other = message ? message : extension;
    *there = other == what;
    if (!other || *there)
        return TERN_OK;
    return tern_error_set(err, TERN_ALREADY_EXISTS, TERN_ORIGIN_LOCAL,
                          "protobuf registry: another %s has the name %s",
                          message ? "message" : "extension", name);
}

static tern_code add_name(tn_strmap *map, const char *name, const void *what, tern_error *err)
{
    /* The map does not write through its values. */
    return tn_strmap_put(map, tern_str_of(name), (void *)(uintptr_t)what) ? TERN_OK
                                                                          : no_memory(err);
}

static tern_code add_message(tern_pb_registry *reg, const tern_pb_table *table, tern_error *err)
{
    bool there;
    TN_TRY(tn_pb_check_abi(table, err));
    TN_TRY(check_name(reg, table->full_name, table, &there, err));
    return there ? TERN_OK : add_name(&reg->messages, table->full_name, table, err);
}

static tern_code add_extension(tern_pb_registry *reg, const tern_pb_extension *ext, tern_error *err)
{
    bool there;
    const char *name = ext->holder->full_name;
    if (ext->abi != TERN_PB_ABI)
        return tn_pb_wrong_abi(name, ext->abi, err);
    TN_TRY(tn_pb_check_abi(ext->extendee, err));
    TN_TRY(tn_pb_check_abi(ext->holder, err));
    TN_TRY(check_name(reg, name, ext, &there, err));
    const uint32_t number = tn_pb_extension_number(ext);
    const tern_pb_extension *other = pair_get(reg, ext->extendee, number);
    if (other && other != ext)
        return tern_error_set(err, TERN_ALREADY_EXISTS, TERN_ORIGIN_LOCAL,
                              "protobuf registry: %s and %s both have number %u of %s", name,
                              other->holder->full_name, (unsigned)number, ext->extendee->full_name);
    if (!there)
        TN_TRY(add_name(&reg->extensions, name, ext, err));
    return pair_put(reg, ext->extendee, number, ext) ? TERN_OK : no_memory(err);
}

tern_code tern_pb_registry_add_message(tern_pb_registry *reg, const tern_pb_table *table,
                                       tern_error *err)
{
    tern_error_clear(err);
    return add_message(reg, table, err);
}

tern_code tern_pb_registry_add_extension(tern_pb_registry *reg, const tern_pb_extension *ext,
                                         tern_error *err)
{
    tern_error_clear(err);
    return add_extension(reg, ext, err);
}

/* Puts the file on the list unless it has been there. */
static bool list_file(tern_pb_registry *reg, const tern_pb_file *file)
{
    if (pair_get(reg, file, 0))
        return true;
    if (reg->file_n == reg->file_cap) {
        const size_t cap = reg->file_cap ? reg->file_cap * 2 : 8, size = sizeof(*reg->files);
        const tern_pb_file **files =
            tn_realloc(reg->env, (void *)reg->files, reg->file_cap * size, cap * size);
        if (!files)
            return false;
        reg->files = files;
        reg->file_cap = cap;
    }
    if (!pair_put(reg, file, 0, file))
        return false;
    reg->files[reg->file_n++] = file;
    return true;
}

/* Adds what is in the file, and lists what it imports. */
static tern_code add_content(tern_pb_registry *reg, const tern_pb_file *file, tern_error *err)
{
    if (file->abi != TERN_PB_ABI)
        return tn_pb_wrong_abi(file->name, file->abi, err);
    for (unsigned i = 0; i < file->import_count; i++)
        if (!list_file(reg, file->imports[i]))
            return no_memory(err);
    for (unsigned i = 0; i < file->message_count; i++)
        if (file->messages[i]->kind != TERN_PB_MAP_ENTRY)
            TN_TRY(add_message(reg, file->messages[i], err));
    for (unsigned i = 0; i < file->extension_count; i++)
        TN_TRY(add_extension(reg, file->extensions[i], err));
    return TERN_OK;
}

tern_code tern_pb_registry_add_file(tern_pb_registry *reg, const tern_pb_file *file,
                                    tern_error *err)
{
    tern_error_clear(err);
    tern_code code = TERN_OK;
    reg->file_n = 0;
    if (!list_file(reg, file))
        code = no_memory(err);
    for (size_t i = 0; i < reg->file_n && code == TERN_OK; i++)
        code = add_content(reg, reg->files[i], err);
    if (code == TERN_OK)
        return TERN_OK;
    /* Not done, so that the next attempt does not take them for it. */
    for (size_t i = 0; i < reg->file_n; i++)
        pair_slot(reg, reg->files[i], 0)->value = NULL;
    return code;
}

/* ---- removing --------------------------------------------------------------------------------- */

void tn_pb_registry_remove_message(tern_pb_registry *reg, const tern_pb_table *table)
{
    const tern_str name = tern_str_of(table->full_name);
    if (tn_strmap_get(&reg->messages, name) == table)
        (void)tn_strmap_remove(&reg->messages, name);
}

/* The slot of the pair stays taken, which a search goes past. */
void tn_pb_registry_remove_extension(tern_pb_registry *reg, const tern_pb_extension *ext)
{
    const tern_str name = tern_str_of(ext->holder->full_name);
    if (tn_strmap_get(&reg->extensions, name) == ext)
        (void)tn_strmap_remove(&reg->extensions, name);
    const uint32_t number = tn_pb_extension_number(ext);
    if (pair_get(reg, ext->extendee, number) == ext)
        pair_slot(reg, ext->extendee, number)->value = NULL;
}

/* ---- looking up ------------------------------------------------------------------------------- */

static const tern_pb_table *well_known(tern_str name)
{
    static const tern_pb_table *const known[] = {
        &google_protobuf_Any_table,         &google_protobuf_BoolValue_table,
        &google_protobuf_BytesValue_table,  &google_protobuf_DoubleValue_table,
        &google_protobuf_Duration_table,    &google_protobuf_Empty_table,
        &google_protobuf_FieldMask_table,   &google_protobuf_FloatValue_table,
        &google_protobuf_Int32Value_table,  &google_protobuf_Int64Value_table,
        &google_protobuf_ListValue_table,   &google_protobuf_StringValue_table,
        &google_protobuf_Struct_table,      &google_protobuf_Timestamp_table,
        &google_protobuf_UInt32Value_table, &google_protobuf_UInt64Value_table,
        &google_protobuf_Value_table,
    };
    static const tern_str package = TERN_STR_INIT("google.protobuf.");
    if (name.n <= package.n || memcmp(name.p, package.p, package.n) != 0)
        return NULL;
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (tern_str_equal(name, tern_str_of(known[i]->full_name)))
            return known[i];
    return NULL;
}

const tern_pb_table *tern_pb_registry_message(const tern_pb_registry *reg, tern_str full_name)
{
    const tern_pb_table *table = reg ? tn_strmap_get(&reg->messages, full_name) : NULL;
    return table ? table : well_known(full_name);
}

const tern_pb_extension *tern_pb_registry_extension(const tern_pb_registry *reg,
                                                    const tern_pb_table *extendee, uint32_t number)
{
    return reg && number ? pair_get(reg, extendee, number) : NULL;
}

const tern_pb_extension *tern_pb_registry_extension_named(const tern_pb_registry *reg,
                                                          tern_str full_name)
{
    return reg ? tn_strmap_get(&reg->extensions, full_name) : NULL;
}
