/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pool.c: a descriptor pool, and adding to it all or nothing.
 *
 * An add decodes its files into a batch, orders them so that each follows what it imports, and takes
 * them one by one through the steps of pool.h. What the pool's maps learn meanwhile is forgotten again
 * when a step fails.
 */
#include "pb/pool.h"

#include "base/options.h"
#include "base/utf8.h"
#include "pb/registry.h"

#include <string.h>

/* ---- the pool -------------------------------------------------------------------------------- */

tern_pb_pool *tern_pb_pool_new(const tern_env *env, const tern_pb_pool_opts *opts, tern_error *err)
{
    tern_error_clear(err);
    tern_pb_pool_opts known;
    if (tn_options_copy(&known, sizeof(known), opts, "tern_pb_pool_opts", err) != TERN_OK)
        return NULL;
    env = tn_env_of(env);
    tern_pb_pool *pool = tn_zalloc(env, sizeof(*pool));
    if (pool)
        pool->registry = tern_pb_registry_new(env);
    if (!pool || !pool->registry) {
        tn_free(env, pool, sizeof(*pool));
        (void)tern_error_set(err, TERN_RESOURCE_EXHAUSTED, TERN_ORIGIN_LOCAL,
                             "protobuf pool: no memory");
        return NULL;
    }
    pool->env = pool->names.env = pool->files.env = env;
    pool->opts = known;
    if (!known.memory_bytes)
        pool->opts.memory_bytes = (size_t)64 << 20;
    else if (known.memory_bytes == TERN_UNLIMITED)
        pool->opts.memory_bytes = SIZE_MAX / 2;
    pool->opts.max_files = tn_option(known.max_files, 10000);
    pool->opts.max_names = tn_option(known.max_names, 1000000);
    return pool;
}

void tern_pb_pool_free(tern_pb_pool *pool)
{
    if (!pool)
        return;
    tern_pb_registry_free(pool->registry);
    tn_strmap_free(&pool->names);
    tn_strmap_free(&pool->files);
    tn_free(pool->env, (void *)pool->list, pool->file_cap * sizeof(*pool->list));
    while (pool->arenas) {
        tern_arena *arena = pool->arenas->arena;
        pool->arenas = pool->arenas->next;
        tern_arena_free(arena);
    }
    tn_free(pool->env, pool, sizeof(*pool));
}

tn_pb_def *tn_pb_pool_get(const tern_pb_pool *pool, tern_str full_name)
{
    return tn_strmap_get(&pool->names, full_name);
}

/* ---- a batch --------------------------------------------------------------------------------- */

static bool batch_start(tn_pb_batch *b, tern_pb_pool *pool, tern_error *err)
{
    tern_error_clear(err);
    *b = (tn_pb_batch){ .pool = pool, .err = err };
    const size_t used = pool->arena_bytes, limit = pool->opts.memory_bytes;
    if (used < limit) {
        b->arena = tern_arena_new(pool->env);
        b->scratch = b->arena ? tern_arena_new(pool->env) : NULL;
    }
    if (!b->scratch) {
        tern_arena_free(b->arena);
        (void)tn_pb_batch_no_memory(b);
        return false;
    }
    tern_arena_limit(b->arena, limit - used);
    tern_arena_limit(b->scratch, limit);
    return true;
}

/* Takes out of the pool's maps what the batch has put there. */
static void batch_forget(tn_pb_batch *b)
{
    tern_pb_pool *pool = b->pool;
    for (size_t i = 0; i < b->file_count; i++) {
        const tern_pb_file *file = b->files[i]->use;
        (void)tn_strmap_remove(&pool->files, tern_str_of(b->files[i]->name));
        for (unsigned k = 0; file && k < file->message_count; k++)
            tn_pb_registry_remove_message(pool->registry, file->messages[k]);
        for (unsigned k = 0; file && k < file->extension_count; k++)
            tn_pb_registry_remove_extension(pool->registry, file->extensions[k]);
    }
    for (tn_pb_def *def = b->staged; def; def = def->staged)
        (void)tn_strmap_remove(&pool->names, tern_str_of(def->full_name));
}

static bool batch_keep(tn_pb_batch *b)
{
    tern_pb_pool *pool = b->pool;
    tn_pb_arenas *kept = tn_pb_batch_alloc(b, 1, sizeof(*kept));
    const size_t wanted = pool->file_count + b->file_count;
    if (!kept)
        return false;
    if (wanted > pool->file_cap) {
        const size_t cap = wanted + wanted / 2, size = sizeof(*pool->list);
        tn_pb_def_file **list =
            tn_realloc(pool->env, (void *)pool->list, pool->file_cap * size, cap * size);
        if (!list) {
            (void)tn_pb_batch_no_memory(b);
            return false;
        }
        pool->list = list;
        pool->file_cap = cap;
    }
    for (size_t i = 0; i < b->file_count; i++)
        pool->list[pool->file_count++] = b->files[i];
    *kept = (tn_pb_arenas){ b->arena, pool->arenas };
    pool->arenas = kept;
    pool->arena_bytes += tern_arena_size(b->arena);
    pool->declared += b->declared;
    b->arena = NULL;
    return true;
}

/* Ends the batch: what it made stays in the pool when all went well so far. */
static tern_code batch_end(tn_pb_batch *b, tern_code code)
{
    if (code == TERN_OK && b->file_count && !batch_keep(b))
        code = TERN_RESOURCE_EXHAUSTED;
    if (code != TERN_OK)
        batch_forget(b);
    tern_arena_free(b->arena);
    tern_arena_free(b->scratch);
    return code;
}

/* ---- files into the batch -------------------------------------------------------------------- */

static tern_pb_decode_opts decode_opts(const tn_pb_batch *b)
{
    tern_pb_decode_opts opts;
    tern_pb_decode_opts_init(&opts);
    opts.memory_bytes = b->pool->opts.memory_bytes;
    opts.partial = true;
    return opts;
}

/* The encoding that the pool keeps of a file: without the places in its source unless it keeps them. */
static tern_code canonical(tn_pb_batch *b, tn_pb_file_proto *proto, tern_arena *arena,
                           tern_bytes *descriptor)
{
    const tern_pb_encode_opts opts = { .size = sizeof(opts),
                                       .deterministic = true,
                                       .partial = true };
    if (!b->pool->opts.keep_source)
        proto->source_code_info = NULL;
    return tern_pb_encode_with(&google_protobuf_FileDescriptorProto_table, proto, arena, &opts,
                               descriptor, b->err);
}

/* True when the pool's file is what the proto says too; where things stand in the source may differ. */
static bool same_file(tn_pb_batch *b, const tn_pb_def_file *there, tn_pb_file_proto *proto)
{
    const tern_pb_decode_opts opts = decode_opts(b);
    tn_pb_file_proto again = { 0 };
    if (!there->descriptor.p ||
        tern_pb_decode(&google_protobuf_FileDescriptorProto_table, &again, there->descriptor,
                       b->scratch, &opts, NULL) != TERN_OK)
        return false;
    again.source_code_info = proto->source_code_info = NULL;
    return tern_pb_equal(&google_protobuf_FileDescriptorProto_table, &again, proto);
}

static bool proper_file_name(tern_str name)
{
    return name.n && name.n <= TN_PB_POOL_NAME_MAX && !memchr(name.p, 0, name.n) &&
           tn_utf8_valid(name.p, name.n);
}

static tn_pb_def_file *staged_file(const tn_pb_batch *b, tern_str name)
{
    /* Staged files are in the pool's map from the first, so that each finds the others. */
    return tn_strmap_get(&b->pool->files, name);
}

static tern_code stage(tn_pb_batch *b, tn_pb_def_file *file)
{
    tern_pb_pool *pool = b->pool;
    if (pool->file_count + b->file_count >= pool->opts.max_files)
        return tern_error_set(b->err, TERN_RESOURCE_EXHAUSTED, TERN_ORIGIN_LOCAL,
                              "%s: the pool may hold no more than %u files (max_files)", file->name,
                              (unsigned)pool->opts.max_files);
    if (!tn_strmap_put(&pool->files, tern_str_of(file->name), file))
        return tn_pb_batch_no_memory(b);
    b->files[b->file_count++] = file;
    return TERN_OK;
}

/* Room for `more` files in the batch's list. */
static tern_code reserve_files(tn_pb_batch *b, size_t more)
{
    if (b->file_count + more <= b->file_cap)
        return TERN_OK;
    const size_t cap = 2 * (b->file_count + more);
    tn_pb_def_file **files = tn_pb_batch_scratch(b, cap, sizeof(*files));
    if (!files)
        return TERN_RESOURCE_EXHAUSTED;
    for (size_t i = 0; i < b->file_count; i++)
        files[i] = b->files[i];
    b->files = files;
    b->file_cap = cap;
    return TERN_OK;
}

/* A proto (borrowed) becomes a file of the batch, unless it is there. */
static tern_code stage_proto(tn_pb_batch *b, tn_pb_file_proto *proto)
{
    if (!proper_file_name(proto->name))
        return tern_error_set(b->err, TERN_INVALID_ARGUMENT, TERN_ORIGIN_LOCAL,
                              "a file without a proper name");
    if (tn_pb_well_known_file(proto->name))
        return TERN_OK;
    const tn_pb_def_file *there = staged_file(b, proto->name);
    if (there && same_file(b, there, proto))
        return TERN_OK;
    if (there)
        return tern_error_set(b->err, TERN_ALREADY_EXISTS, TERN_ORIGIN_LOCAL,
                              "%.*s: another file has that name", TERN_FMT(proto->name));
    tn_pb_def_file *file = tn_pb_batch_alloc(b, 1, sizeof(*file));
    if (!file)
        return TERN_RESOURCE_EXHAUSTED;
    TN_TRY(canonical(b, proto, b->arena, &file->descriptor));
    file->proto = tern_pb_new(&google_protobuf_FileDescriptorProto_table, b->arena);
    if (!file->proto)
        return tn_pb_batch_no_memory(b);
    const tern_pb_decode_opts opts = decode_opts(b);
    TN_TRY(tern_pb_decode(&google_protobuf_FileDescriptorProto_table, file->proto, file->descriptor,
                          b->arena, &opts, b->err));
    file->name = file->proto->name.p;
    return stage(b, file);
}

/* A file of generated code becomes one of the batch, unless it is there. */
static tern_code stage_generated(tn_pb_batch *b, const tern_pb_file *generated)
{
    const tn_pb_def_file *there = staged_file(b, tern_str_of(generated->name));
    if (there && there->use == generated)
        return TERN_OK;
    if (there && there->generated == generated)
        return TERN_OK;
    if (there)
        return tern_error_set(b->err, TERN_ALREADY_EXISTS, TERN_ORIGIN_LOCAL,
                              "%s: another file has that name", generated->name);
    if (generated->abi != TERN_PB_ABI)
        return tern_error_set(b->err, TERN_FAILED_PRECONDITION, TERN_ORIGIN_LOCAL,
                              "%s was generated for protobuf ABI %u, this library has %u",
                              generated->name, (unsigned)generated->abi, (unsigned)TERN_PB_ABI);
    tn_pb_def_file *file = tn_pb_batch_alloc(b, 1, sizeof(*file));
    if (!file)
        return TERN_RESOURCE_EXHAUSTED;
    *file = (tn_pb_def_file){ .name = generated->name,
                              .generated = generated,
                              .descriptor = { generated->descriptor, generated->descriptor_size } };
    if (generated->descriptor) {
        file->proto = tern_pb_new(&google_protobuf_FileDescriptorProto_table, b->arena);
        if (!file->proto)
            return tn_pb_batch_no_memory(b);
        const tern_pb_decode_opts opts = decode_opts(b);
        TN_TRY(tern_pb_decode(&google_protobuf_FileDescriptorProto_table, file->proto,
                              file->descriptor, b->arena, &opts, b->err));
    }
    return stage(b, file);
}

/* Adds to the batch the library's own files that its files import, and what generated ones import. */
static tern_code stage_imports(tn_pb_batch *b)
{
    for (size_t i = 0; i < b->file_count; i++) {
        const tn_pb_def_file *file = b->files[i];
        const size_t more =
            file->generated ? file->generated->import_count : file->proto->dependency.n;
        TN_TRY(reserve_files(b, more));
        for (size_t k = 0; k < more; k++) {
            const tern_pb_file *own = file->generated
                                          ? file->generated->imports[k]
                                          : tn_pb_well_known_file(file->proto->dependency.p[k]);
            if (own)
                TN_TRY(stage_generated(b, own));
        }
    }
    return TERN_OK;
}

/* ---- the order of files ---------------------------------------------------------------------- */

/* The name of the i-th import. */
static tern_str import_name(const tn_pb_def_file *file, size_t i)
{
    return file->proto ? file->proto->dependency.p[i]
                       : tern_str_of(file->generated->imports[i]->name);
}

/* Which of the n imports of the proto are public. */
static tern_code read_public(tn_pb_batch *b, const tn_pb_def_file *file, size_t n, bool *is_public)
{
    const tn_pb_file_proto *proto = file->proto;
    for (size_t i = 0; i < proto->public_dependency.n; i++) {
        const int32_t place = proto->public_dependency.p[i];
        if (place < 0 || (size_t)place >= n)
            return tn_pb_batch_bad(b, file, "", "a public import that is no import");
        is_public[place] = true;
    }
    for (size_t i = 0; i < proto->weak_dependency.n; i++)
        if (proto->weak_dependency.p[i] < 0 || (size_t)proto->weak_dependency.p[i] >= n)
            return tn_pb_batch_bad(b, file, "", "a weak import that is no import");
    return TERN_OK;
}

/* The files that this one imports, in place of their names. What generated code imports for options
 * alone need not have code, and is not missed. */
static tern_code find_imports(tn_pb_batch *b, tn_pb_def_file *file)
{
    const size_t n = file->proto ? file->proto->dependency.n : file->generated->import_count;
    bool *is_public = tn_pb_batch_scratch(b, n, sizeof(*is_public));
    file->imports = tn_pb_batch_alloc(b, n, sizeof(*file->imports));
    file->import_public = tn_pb_batch_alloc(b, n, sizeof(*file->import_public));
    if (!is_public || !file->imports || !file->import_public)
        return TERN_RESOURCE_EXHAUSTED;
    if (file->proto)
        TN_TRY(read_public(b, file, n, is_public));
    b->pool->look++;
    for (size_t i = 0; i < n; i++) {
        const tern_str name = import_name(file, i);
        tn_pb_def_file *found = staged_file(b, name);
        if (!found && file->generated)
            continue;
        if (!found)
            return tern_error_set(b->err, TERN_NOT_FOUND, TERN_ORIGIN_LOCAL,
                                  "%s imports %.*s, which is not there", file->name,
                                  TERN_FMT(name));
        if (found->seen == b->pool->look)
            return tn_pb_batch_bad(b, file, "", "it imports %s twice", found->name);
        found->seen = b->pool->look;
        file->import_public[file->import_count] = is_public[i];
        file->imports[file->import_count++] = found;
    }
    return TERN_OK;
}

enum { UNTOUCHED, OPEN, DONE };

/* Where the search below a file stands. */
typedef struct visit {
    tn_pb_def_file *file;
    size_t next; /* import; from import_count on, import for options */
} visit;

/* The next file to go before this one, or NULL. Imports for options go before it where they can. */
static tn_pb_def_file *next_import(const tn_pb_batch *b, visit *v)
{
    const tn_pb_def_file *file = v->file;
    if (v->next < file->import_count)
        return file->imports[v->next++];
    while (file->proto && v->next - file->import_count < file->proto->option_dependency.n) {
        const size_t i = v->next++ - file->import_count;
        tn_pb_def_file *found = staged_file(b, file->proto->option_dependency.p[i]);
        if (found && found->state == UNTOUCHED)
            return found;
    }
    return NULL;
}

/* Goes down the imports of one file with a stack; puts each file into sorted behind its imports. */
static tern_code order_from(tn_pb_batch *b, tn_pb_def_file *first, visit *stack,
                            tn_pb_def_file **sorted, size_t *count)
{
    size_t depth = 0;
    stack[depth++] = (visit){ first, 0 };
    first->state = OPEN;
    while (depth) {
        visit *v = &stack[depth - 1];
        tn_pb_def_file *import = next_import(b, v);
        if (!import) {
            v->file->state = DONE;
            sorted[(*count)++] = v->file;
            depth--;
        } else if (import->state == OPEN) {
            return tn_pb_batch_bad(b, v->file, "", "it imports itself, by way of %s", import->name);
        } else if (import->state == UNTOUCHED) {
            import->state = OPEN;
            stack[depth++] = (visit){ import, 0 };
        }
    }
    return TERN_OK;
}

static tern_code order_files(tn_pb_batch *b)
{
    visit *stack = tn_pb_batch_scratch(b, b->file_count, sizeof(*stack));
    tn_pb_def_file **sorted = tn_pb_batch_scratch(b, b->file_count, sizeof(*sorted));
    if (!stack || !sorted)
        return TERN_RESOURCE_EXHAUSTED;
    for (size_t i = 0; i < b->file_count; i++)
        TN_TRY(find_imports(b, b->files[i]));
    size_t count = 0;
    for (size_t i = 0; i < b->file_count; i++)
        if (b->files[i]->state == UNTOUCHED)
            TN_TRY(order_from(b, b->files[i], stack, sorted, &count));
    TN_ASSERT(count == b->file_count);
    b->files = sorted;
    return TERN_OK;
}

/* ---- adding ---------------------------------------------------------------------------------- */

static tern_code build(tn_pb_batch *b, tn_pb_def_file *file)
{
    if (!file->proto)
        return tn_pb_file_adopt_bare(b, file);
    TN_TRY(tn_pb_file_declare(b, file));
    TN_TRY(tn_pb_file_link(b, file));
    TN_TRY(tn_pb_file_build(b, file));
    return tn_pb_file_options(b, file);
}

static tern_code build_all(tn_pb_batch *b)
{
    TN_TRY(stage_imports(b));
    TN_TRY(order_files(b));
    for (size_t i = 0; i < b->file_count; i++)
        TN_TRY(build(b, b->files[i]));
    return TERN_OK;
}

static tern_code add_set(tn_pb_batch *b, tern_bytes bytes)
{
    google_protobuf_FileDescriptorSet set = { 0 };
    const tern_pb_decode_opts opts = decode_opts(b);
    TN_TRY(tern_pb_decode(&google_protobuf_FileDescriptorSet_table, &set, bytes, b->scratch, &opts,
                          b->err));
    TN_TRY(reserve_files(b, set.file.n));
    for (size_t i = 0; i < set.file.n; i++)
        TN_TRY(stage_proto(b, set.file.p[i]));
    return build_all(b);
}

tern_code tern_pb_pool_add_set(tern_pb_pool *pool, tern_bytes set, tern_error *err)
{
    tn_pb_batch b;
    return batch_start(&b, pool, err) ? batch_end(&b, add_set(&b, set)) : TERN_RESOURCE_EXHAUSTED;
}

static tern_code add_file(tn_pb_batch *b, tern_bytes bytes)
{
    tn_pb_file_proto proto = { 0 };
    const tern_pb_decode_opts opts = decode_opts(b);
    TN_TRY(tern_pb_decode(&google_protobuf_FileDescriptorProto_table, &proto, bytes, b->scratch,
                          &opts, b->err));
    TN_TRY(reserve_files(b, 1));
    TN_TRY(stage_proto(b, &proto));
    return build_all(b);
}

tern_code tern_pb_pool_add_file(tern_pb_pool *pool, tern_bytes file, tern_error *err)
{
    tn_pb_batch b;
    return batch_start(&b, pool, err) ? batch_end(&b, add_file(&b, file)) : TERN_RESOURCE_EXHAUSTED;
}

static tern_code add_generated(tn_pb_batch *b, const tern_pb_file *file)
{
    TN_TRY(reserve_files(b, 1));
    TN_TRY(stage_generated(b, file));
    return build_all(b);
}

tern_code tern_pb_pool_add_generated(tern_pb_pool *pool, const tern_pb_file *file, tern_error *err)
{
    tn_pb_batch b;
    return batch_start(&b, pool, err) ? batch_end(&b, add_generated(&b, file))
                                      : TERN_RESOURCE_EXHAUSTED;
}
