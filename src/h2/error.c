/* SPDX-License-Identifier: Apache-2.0 */
/*
 * error.c: the names of HTTP/2's error codes, RFC 9113 section 7.
 */
#include "h2/error.h"

static const char *const names[] = {
    [TN_H2_NO_ERROR] = "NO_ERROR",
    [TN_H2_PROTOCOL_ERROR] = "PROTOCOL_ERROR",
    [TN_H2_INTERNAL_ERROR] = "INTERNAL_ERROR",
    [TN_H2_FLOW_CONTROL_ERROR] = "FLOW_CONTROL_ERROR",
    [TN_H2_SETTINGS_TIMEOUT] = "SETTINGS_TIMEOUT",
    [TN_H2_STREAM_CLOSED] = "STREAM_CLOSED",
    [TN_H2_FRAME_SIZE_ERROR] = "FRAME_SIZE_ERROR",
    [TN_H2_REFUSED_STREAM] = "REFUSED_STREAM",
    [TN_H2_CANCEL] = "CANCEL",
    [TN_H2_COMPRESSION_ERROR] = "COMPRESSION_ERROR",
    [TN_H2_CONNECT_ERROR] = "CONNECT_ERROR",
    [TN_H2_ENHANCE_YOUR_CALM] = "ENHANCE_YOUR_CALM",
    [TN_H2_INADEQUATE_SECURITY] = "INADEQUATE_SECURITY",
    [TN_H2_HTTP_1_1_REQUIRED] = "HTTP_1_1_REQUIRED",
};

const char *tn_h2_code_name(uint32_t code)
{
    return code < sizeof(names) / sizeof(names[0]) ? names[code] : "UNKNOWN_CODE";
}
