/* SPDX-License-Identifier: Apache-2.0 */
/* headers_check.c: one pass over the fields with a set of tokens seen, then the rules of the whole. */
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

typedef struct check {
    uint64_t seen;    /* hot tokens so far */
    uint64_t allowed; /* pseudo-header fields */
    bool regular;     /* a field that is not one has come */
    tern_str method, scheme, path, status;
    uint64_t content_length;
} check;

static const char *check_pseudo(check *k, const tn_h2_field *f, uint64_t bit)
{
    if (k->regular)
        return "a pseudo-header field after a regular one";
    if (!(bit & k->allowed))
        return "a pseudo-header field that is not allowed here";
    if (k->seen & bit)
        return "a pseudo-header field twice";
    if (f->token == TN_H2_TOKEN_METHOD)
        k->method = f->value;
    else if (f->token == TN_H2_TOKEN_SCHEME)
        k->scheme = f->value;
    else if (f->token == TN_H2_TOKEN_PATH)
        k->path = f->value;
    else if (f->token == TN_H2_TOKEN_STATUS)
        k->status = f->value;
    return NULL;
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

static const char *check_field(check *k, const tn_h2_field *f)
{
    const uint64_t bit = f->token < TN_H2_TOKENS_HOT ? UINT64_C(1) << f->token : 0;
    const char *reason = NULL;
    if (TN_UNLIKELY(f->flags & TN_H2_FIELD_BAD))
        return f->flags & TN_H2_FIELD_BAD_NAME ? "a field name that is not allowed"
                                               : "NUL, CR or LF in a field value";
    if (f->flags & TN_H2_FIELD_PSEUDO)
        reason = check_pseudo(k, f, bit);
    else if (bit & special)
        reason = check_special(k, f, bit);
    if (!(f->flags & TN_H2_FIELD_PSEUDO))
        k->regular = true;
    k->seen |= bit;
    return reason;
}

static const char *check_request(const check *k)
{
    if (k->method.n == 0)
        return "a request without :method";
    if (IS(k->method, "CONNECT")) {
        if (k->seen & (BIT(SCHEME) | BIT(PATH)))
            return "CONNECT with :scheme or :path";
        return k->seen & BIT(AUTHORITY) ? NULL : "CONNECT without :authority";
    }
    if (k->scheme.n == 0)
        return "a request without :scheme";
    if (k->path.n == 0)
        return "a request without :path";
    return NULL;
}

static const char *check_response(check *k, tn_h2_message *m)
{
    if (k->status.n != 3)
        return "a response without a :status of three digits";
    for (size_t i = 0; i < 3; i++)
        if (k->status.p[i] < '0' || k->status.p[i] > '9')
            return "a response without a :status of three digits";
    if (k->status.p[0] == '1')
        m->block = TN_H2_BLOCK_INFORMATIONAL;
    if (IS(k->status, "101"))
        return "status 101, which HTTP/2 does not have";
    /* Section 8.1.1: these may tell the length of content that they do not carry. */
    if (k->status.p[0] == '1' || IS(k->status, "304"))
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
    const char *reason = NULL;
    for (size_t i = 0; i < n && !reason; i++)
        reason = check_field(&k, &fields[i]);
    if (!reason && m->block == TN_H2_BLOCK_REQUEST)
        reason = check_request(&k);
    else if (!reason && m->block == TN_H2_BLOCK_RESPONSE)
        reason = check_response(&k, m);
    m->content_length = k.content_length;
    return reason;
}
