/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hpack_static.c: the static table of RFC 7541 Appendix A, each entry with its token.
 */
#include "h2/hpack_table.h"

#define PSEUDO(constant, name_, value_)                                                            \
    {                                                                                              \
        .name = TERN_STR_INIT(name_), .value = TERN_STR_INIT(value_),                              \
        .token = TN_H2_TOKEN_##constant, .flags = TN_H2_FIELD_PSEUDO                               \
    }
#define PLAIN(constant, name_, value_)                                                             \
    {                                                                                              \
        .name = TERN_STR_INIT(name_), .value = TERN_STR_INIT(value_),                              \
        .token = TN_H2_TOKEN_##constant                                                            \
    }

const tn_h2_field tn_hpack_static[TN_HPACK_STATIC_COUNT + 1] = {
    [1] = PSEUDO(AUTHORITY, ":authority", ""),
    [2] = PSEUDO(METHOD, ":method", "GET"),
    [3] = PSEUDO(METHOD, ":method", "POST"),
    [4] = PSEUDO(PATH, ":path", "/"),
    [5] = PSEUDO(PATH, ":path", "/index.html"),
    [6] = PSEUDO(SCHEME, ":scheme", "http"),
    [7] = PSEUDO(SCHEME, ":scheme", "https"),
    [8] = PSEUDO(STATUS, ":status", "200"),
    [9] = PSEUDO(STATUS, ":status", "204"),
    [10] = PSEUDO(STATUS, ":status", "206"),
    [11] = PSEUDO(STATUS, ":status", "304"),
    [12] = PSEUDO(STATUS, ":status", "400"),
    [13] = PSEUDO(STATUS, ":status", "404"),
    [14] = PSEUDO(STATUS, ":status", "500"),
    [15] = PLAIN(ACCEPT_CHARSET, "accept-charset", ""),
    [16] = PLAIN(ACCEPT_ENCODING, "accept-encoding", "gzip, deflate"),
    [17] = PLAIN(ACCEPT_LANGUAGE, "accept-language", ""),
    [18] = PLAIN(ACCEPT_RANGES, "accept-ranges", ""),
    [19] = PLAIN(ACCEPT, "accept", ""),
    [20] = PLAIN(ACCESS_CONTROL_ALLOW_ORIGIN, "access-control-allow-origin", ""),
    [21] = PLAIN(AGE, "age", ""),
    [22] = PLAIN(ALLOW, "allow", ""),
    [23] = PLAIN(AUTHORIZATION, "authorization", ""),
    [24] = PLAIN(CACHE_CONTROL, "cache-control", ""),
    [25] = PLAIN(CONTENT_DISPOSITION, "content-disposition", ""),
    [26] = PLAIN(CONTENT_ENCODING, "content-encoding", ""),
    [27] = PLAIN(CONTENT_LANGUAGE, "content-language", ""),
    [28] = PLAIN(CONTENT_LENGTH, "content-length", ""),
    [29] = PLAIN(CONTENT_LOCATION, "content-location", ""),
    [30] = PLAIN(CONTENT_RANGE, "content-range", ""),
    [31] = PLAIN(CONTENT_TYPE, "content-type", ""),
    [32] = PLAIN(COOKIE, "cookie", ""),
    [33] = PLAIN(DATE, "date", ""),
    [34] = PLAIN(ETAG, "etag", ""),
    [35] = PLAIN(EXPECT, "expect", ""),
    [36] = PLAIN(EXPIRES, "expires", ""),
    [37] = PLAIN(FROM, "from", ""),
    [38] = PLAIN(HOST, "host", ""),
    [39] = PLAIN(IF_MATCH, "if-match", ""),
    [40] = PLAIN(IF_MODIFIED_SINCE, "if-modified-since", ""),
    [41] = PLAIN(IF_NONE_MATCH, "if-none-match", ""),
    [42] = PLAIN(IF_RANGE, "if-range", ""),
    [43] = PLAIN(IF_UNMODIFIED_SINCE, "if-unmodified-since", ""),
    [44] = PLAIN(LAST_MODIFIED, "last-modified", ""),
    [45] = PLAIN(LINK, "link", ""),
    [46] = PLAIN(LOCATION, "location", ""),
    [47] = PLAIN(MAX_FORWARDS, "max-forwards", ""),
    [48] = PLAIN(PROXY_AUTHENTICATE, "proxy-authenticate", ""),
    [49] = PLAIN(PROXY_AUTHORIZATION, "proxy-authorization", ""),
    [50] = PLAIN(RANGE, "range", ""),
    [51] = PLAIN(REFERER, "referer", ""),
    [52] = PLAIN(REFRESH, "refresh", ""),
    [53] = PLAIN(RETRY_AFTER, "retry-after", ""),
    [54] = PLAIN(SERVER, "server", ""),
    [55] = PLAIN(SET_COOKIE, "set-cookie", ""),
    [56] = PLAIN(STRICT_TRANSPORT_SECURITY, "strict-transport-security", ""),
    [57] = PLAIN(TRANSFER_ENCODING, "transfer-encoding", ""),
    [58] = PLAIN(USER_AGENT, "user-agent", ""),
    [59] = PLAIN(VARY, "vary", ""),
    [60] = PLAIN(VIA, "via", ""),
    [61] = PLAIN(WWW_AUTHENTICATE, "www-authenticate", ""),
};
