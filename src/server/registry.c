/* SPDX-License-Identifier: Apache-2.0 */
/*
 * registry.c: services and their methods, found by path.
 *
 * Filled before the server runs, never changed after: I/O threads read it without a lock.
 */
#include "server/internal.h"

#include "base/assert.h"

static bool fail(tern_error *err, tern_code code, const char *service, const char *why)
{
    tern_error_set(err, code, TERN_ORIGIN_LOCAL, "cannot register service %s: %s", service, why);
    return false;
}

/* NULL when the handlers fit their method. */
static const char *misfit(const tern_server *server, const tern_method *method,
                          const tern_method_handlers *h)
{
    if (h->blocking && h->on_io)
        return "a method has both a blocking and an inline handler";
    if (h->on_io && method->kind != TERN_UNARY)
        return "an inline handler is for unary methods";
    if (h->blocking && server->opts.no_workers)
        return "a blocking handler needs workers (option no_workers is set)";
    if (method->request->abi != TERN_PB_ABI || method->response->abi != TERN_PB_ABI)
        return "its messages were generated for another version of tern; generate them anew";
    return NULL;
}

static bool put_method(tern_server *server, const tern_method *method,
                       const tern_method_handlers *handlers, void *user)
{
    tn_server_method *m = tn_zalloc(server->env, sizeof *m);
    if (!m)
        return false;
    *m = (tn_server_method){ .method = method, .handlers = *handlers, .user = user };
    if (tn_strmap_put(&server->methods, tern_str_of(method->path), m))
        return true;
    tn_free(server->env, m, sizeof *m);
    return false;
}

static void remove_methods(tern_server *server, const tern_service *service)
{
    for (size_t i = 0; i < service->method_count; i++) {
        tn_server_method *m =
            tn_strmap_remove(&server->methods, tern_str_of(service->methods[i].path));
        tn_free(server->env, m, sizeof *m);
    }
}

bool tern_server_register(tern_server *server, const tern_service *service,
                          const tern_method_handlers *handlers, void *user, tern_error *err)
{
    tern_error_clear(err);
    if (!server)
        return fail(err, TERN_FAILED_PRECONDITION, service->name,
                    "server is NULL: see the error of tern_server_new");
    if (service->abi != TERN_RPC_ABI)
        return fail(err, TERN_FAILED_PRECONDITION, service->name,
                    "it was generated for another version of tern; generate it anew");
    if (atomic_load(&server->running))
        return fail(err, TERN_FAILED_PRECONDITION, service->name, "the server runs already");
    if (tn_strmap_get(&server->services, tern_str_of(service->name)))
        return fail(err, TERN_ALREADY_EXISTS, service->name, "it is registered already");
    for (size_t i = 0; i < service->method_count; i++) {
        const char *why = misfit(server, &service->methods[i], &handlers[i]);
        if (why)
            return fail(err, TERN_INVALID_ARGUMENT, service->name, why);
    }
    bool ok =
        tn_strmap_put(&server->services, tern_str_of(service->name), (void *)(uintptr_t)service);
    for (size_t i = 0; ok && i < service->method_count; i++)
        ok = put_method(server, &service->methods[i], &handlers[i], user);
    if (ok)
        return true;
    remove_methods(server, service);
    tn_strmap_remove(&server->services, tern_str_of(service->name));
    return fail(err, TERN_RESOURCE_EXHAUSTED, service->name, "no memory");
}

const tn_server_method *tn_server_find(const tern_server *server, tern_str path, tern_arena *arena,
                                       tern_str *text)
{
    const tn_server_method *m = tn_strmap_get(&server->methods, path);
    if (m && (m->handlers.blocking || m->handlers.on_io))
        return m;
    if (m) {
        *text = tern_arena_printf(arena, "method %.*s has no handler", TERN_FMT(path));
        return NULL;
    }
    /* The gRPC layer has seen to it that path is "/service/method". */
    tern_str service = { path.p + 1, path.n - 1 };
    const char *slash = memchr(service.p, '/', service.n);
    service.n = slash ? (size_t)(slash - service.p) : service.n;
    if (tn_strmap_get(&server->services, service))
        *text = tern_arena_printf(arena, "unknown method %.*s", TERN_FMT(path));
    else
        *text = tern_arena_printf(arena, "unknown service %.*s", TERN_FMT(service));
    return NULL;
}

void tn_server_registry_free(tern_server *server)
{
    uint32_t at = 0;
    for (tn_server_method *m; (m = tn_strmap_next(&server->methods, &at)) != NULL;)
        tn_free(server->env, m, sizeof *m);
    tn_strmap_free(&server->methods);
    tn_strmap_free(&server->services);
}
