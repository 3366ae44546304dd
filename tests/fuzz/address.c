/* SPDX-License-Identifier: Apache-2.0 */
/*
 * address.c: any text as a target and as an address to listen on. What is taken as an address formats
 * to a text that is taken as the same address; what is refused is refused with a reason.
 */
#include "io/address.h"
#include "fuzz.h"

static bool printable(const char *text)
{
    for (; *text; text++)
        if (*text < 0x20 || *text > 0x7e)
            return false;
    return true;
}

/* The text of an address is one that tn_listen_parse reads, but for '?' in the place of what is not
 * printable, a zone's index, and a path that starts with two slashes. */
static void same_again(const tn_addr *addr)
{
    char text[TN_ADDR_TEXT], again[TN_ADDR_TEXT];
    tn_addr back;
    tern_error err;
    tn_addr_format(addr, text);
    fuzz_check(memchr(text, 0, sizeof(text)) && printable(text));
    if (strpbrk(text, "?%") || strncmp(text, "unix://", 7) == 0)
        return;
    fuzz_check(tn_listen_parse(&back, text, &err) == TERN_OK);
    tn_addr_format(&back, again);
    fuzz_check(strcmp(text, again) == 0 && back.len == addr->len);
    fuzz_check(tn_addr_of(&back, &addr->u.any, addr->len));
}

static void target(const char *text)
{
    static tn_target t;
    tern_error err;
    const tern_code code = tn_target_parse(&t, text, &err);
    fuzz_check(code == err.code && (code == TERN_OK || code == TERN_INVALID_ARGUMENT));
    fuzz_check(memchr(err.text, 0, sizeof(err.text)) && (code == TERN_OK) == !*err.text);
    if (code != TERN_OK)
        return;
    fuzz_check(memchr(t.text, 0, sizeof(t.text)) && memchr(t.authority, 0, sizeof(t.authority)));
    fuzz_check(*t.authority && printable(t.authority) && t.more_count <= TN_TARGET_MORE);
    if (t.kind == TN_TARGET_NAME) {
        fuzz_check(*t.host && memchr(t.host, 0, sizeof(t.host)) && printable(t.host));
        return;
    }
    same_again(&t.addr);
    for (unsigned i = 0; i < t.more_count; i++)
        same_again(&t.more[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    char *line = tn_alloc(tn_env_of(NULL), n + 1);
    fuzz_check(line != NULL);
    if (n)
        memcpy(line, p, n);
    line[n] = 0;
    target(line);
    tn_addr addr;
    tern_error err;
    const tern_code code = tn_listen_parse(&addr, line, &err);
    fuzz_check(code == err.code && (code == TERN_OK) == !*err.text);
    if (code == TERN_OK)
        same_again(&addr);
    tn_free(tn_env_of(NULL), line, n + 1);
    return 0;
}
