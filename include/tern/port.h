/* SPDX-License-Identifier: Apache-2.0 */
/*
 * port.h: what every public header needs of the compiler, and nothing else.
 */
#ifndef TERN_PORT_H
#define TERN_PORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TERN_VERSION_MAJOR 0
#define TERN_VERSION_MINOR 1
#define TERN_VERSION_PATCH 0
#define TERN_VERSION       "0.1.0"

#ifdef __cplusplus
#define TERN_BEGIN_DECLS extern "C" {
#define TERN_END_DECLS   }
#else
#define TERN_BEGIN_DECLS
#define TERN_END_DECLS
#endif

#if defined(__GNUC__)
#define TERN_API             __attribute__((visibility("default")))
#define TERN_MUST_USE        __attribute__((warn_unused_result))
#define TERN_PRINTF(fmt, va) __attribute__((format(printf, fmt, va)))
#else
#define TERN_API
#define TERN_MUST_USE
#define TERN_PRINTF(fmt, va)
#endif

/* The largest value: "no limit" wherever an option counts bytes, calls or milliseconds. */
#define TERN_UNLIMITED UINT32_MAX

/* None at all, for the options that name it: there zero, as everywhere, means the default. */
#define TERN_OFF (UINT32_MAX - 1)

#endif
