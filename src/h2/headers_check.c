/* SPDX-License-Identifier: Apache-2.0 */
/* headers_check.c: the pseudo-header fields, then the others, then the rules of the whole. */
#include "h2/headers_check.h"
#include "base/assert.h"

#define BIT(constant) (UINT64_C(1) << TN_H2_TOKEN_##constant)

static const uint64_t request_pseudo = BIT(METHOD) | BIT(SCHEME) | BIT(PATH) | BIT(AUTHORITY);
static const uint64_t response_pseudo = BIT(STATUS);
/* Section 8.2.2: these belong to one HTTP/1 connection. */
static const uint64_t hop_by_hop = BIT(CONNECTION) | BIT(KEEP_ALIVE) | BIT(PROXY_CONNECTION) |
                                   BIT(TRANSFER_ENCODING) | BIT(UPGRADE);
static const uint64_t special = BIT(CONNECTION) | BIT(KEEP_ALIVE) | BIT(PROXY_CONNECTION) |
                                BIT(TRANSFER_ENCODING) | BIT(UPGRADE) | BIT(TE) |
                                BIT(CONTENT_LENGTH);

/* With the length known to the compiler there is no call. */
#define IS(s, literal)                                                                             \
    ((s).n == sizeof(literal) - 1 && memcmp((s).p, literal, sizeof(literal) - 1) == 0)

_Static_assert(TN_H2_TOKENS_HOT <= 64, "a set of hot tokens fits 64 bits");

/* The tokens of the pseudo-header fields that are allowed anywhere are the first. */
#define PSEUDO_TOKENS (TN_H2_TOKEN_STATUS + 1)
_Static_assert(TN_H2_TOKEN_METHOD < PSEUDO_TOKENS && TN_H2_TOKEN_SCHEME < PSEUDO_TOKENS &&
                   TN_H2_TOKEN_PATH < PSEUDO_TOKENS && TN_H2_TOKEN_AUTHORITY < PSEUDO_TOKENS &&
                   TN_H2_TOKEN_STATUS < PSEUDO_TOKENS,
               "they index an array");

typedef struct check {
    uint64_t seen;                 /* pseudo-header fields so far */
    uint64_t allowed;              /* of them */
    tern_str value[PSEUDO_TOKENS]; /* of those seen, by token */
    uint64_t content_length;
} check;

static uint64_t bit_of(const tn_h2_field *f)
{
    return f->token < TN_H2_TOKENS_HOT ? UINT64_C(1) << f->token : 0;
}

static const char *bad_field(const tn_h2_field *f)
{
    return f->flags & TN_H2_FIELD_BAD_NAME ? "a field name that is not allowed"
                                           : "NUL, CR or LF in a field value";
}

static const char *check_content_length(check *k, tern_str value)
{
    uint64_t v = 0;
    for (size_t i = 0; i < value.n; i++) {
        const unsigned digit = (unsigned)(value.p[i] - '0');
        if (digit > 9 || v > (UINT64_MAX - 1 - digit) / 10)
            return "a content-length that is no number";
        v = v * 10 + digit;
    }
    if (value.n == 0)
        return "a content-length that is no number";
    if (k->content_length != UINT64_MAX && k->content_length != v)
        return "two content-lengths that differ";
    k->content_length = v;
    return NULL;
}

static const char *check_special(check *k, const tn_h2_field *f, uint64_t bit)
{
    if (bit & hop_by_hop)
        return "a connection-specific field";
    if (f->token == TN_H2_TOKEN_TE)
        return IS(f->value, "trailers") ? NULL : "te other than \"trailers\"";
    return check_content_length(k, f->value);
}

/* The pseudo-header fields, which come first; *n of them. */
static const char *check_pseudo(check *k, const tn_h2_field *fields, size_t most, size_t *n)
{
    size_t i = 0;
    for (; i < most && fields[i].flags & TN_H2_FIELD_PSEUDO; i++) {
        const tn_h2_field *f = &fields[i];
        const uint64_t bit = bit_of(f);
        if (TN_UNLIKELY(f->flags & TN_H2_FIELD_BAD))
            return bad_field(f);
        if (TN_UNLIKELY(!(bit & k->allowed)))
            return "a pseudo-header field that is not allowed here";
        if (TN_UNLIKELY(k->seen & bit))
            return "a pseudo-header field twice";
        k->seen |= bit;
        k->value[f->token] = f->value;
    }
    *n = i;
    return NULL;
}

static const char *check_regular(check *k, const tn_h2_field *fields, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const tn_h2_field *f = &fields[i];
        const uint64_t bit = bit_of(f);
        if (TN_UNLIKELY(f->flags & (TN_H2_FIELD_BAD | TN_H2_FIELD_PSEUDO)))
            return f->flags & TN_H2_FIELD_BAD ? bad_field(f)
                                              : "a pseudo-header field after a regular one";
        const char *reason = bit & special ? check_special(k, f, bit) : NULL;
        if (TN_UNLIKELY(reason))
            return reason;
    }
    return NULL;
}

static const char *check_request(const check *k)
{
    const tern_str method = k->value[TN_H2_TOKEN_METHOD];
    if (method.n == 0)
        return "a request without :method";
    if (IS(method, "CONNECT")) {
        if (k->seen & (BIT(SCHEME) | BIT(PATH)))
            return "CONNECT with :scheme or :path";
        return k->seen & BIT(AUTHORITY) ? NULL : "CONNECT without :authority";
    }
    if (k->value[TN_H2_TOKEN_SCHEME].n == 0)
        return "a request without :scheme";
    if (k->value[TN_H2_TOKEN_PATH].n == 0)
        return "a request without :path";
    return NULL;
}

static const char *check_response(check *k, tn_h2_message *m)
{
    const tern_str status = k->value[TN_H2_TOKEN_STATUS];
    if (status.n != 3)
        return "a response without a :status of three digits";
    for (size_t i = 0; i < 3; i++)
        if (status.p[i] < '0' || status.p[i] > '9')
            return "a response without a :status of three digits";
    if (status.p[0] == '1')
        m->block = TN_H2_BLOCK_INFORMATIONAL;
    if (IS(status, "101"))
        return "status 101, which HTTP/2 does not have";
    /* Section 8.1.1: these may tell the length of content that they do not carry. */
    if (status.p[0] == '1' || IS(status, "304"))
        k->content_length = UINT64_MAX;
    return NULL;
}

const char *tn_h2_headers_check(const tn_h2_field *fields, size_t n, tn_h2_message *m)
{
    check k = { .content_length = UINT64_MAX };
    if (m->block == TN_H2_BLOCK_REQUEST)
        k.allowed = request_pseudo;
    else if (m->block == TN_H2_BLOCK_RESPONSE)
        k.allowed = response_pseudo;
    size_t pseudo;
    const char *reason = check_pseudo(&k, fields, n, &pseudo);
    if (!reason)
        reason = check_regular(&k, fields + pseudo, n - pseudo);
    if (!reason && m->block == TN_H2_BLOCK_REQUEST)
        reason = check_request(&k);
    else if (!reason && m->block == TN_H2_BLOCK_RESPONSE)
        reason = check_response(&k, m);
    m->content_length = k.content_length;
    return reason;
}
